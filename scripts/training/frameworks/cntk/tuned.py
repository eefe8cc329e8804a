"""CNTK as fast as it goes with a Keras model: its trainer without fit(), and a program for training alone."""

# CNTK is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false, reportMissingImports=false

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, List, Optional, Sequence

from scripts.training.fold_data import Rows
from scripts.training.frameworks._shared.keras import softmax
from scripts.training.frameworks._shared.keras2 import channels_first
from scripts.training.frameworks.cntk.idiomatic import Idiomatic
from scripts.training.frameworks.cntk.steps import Step
from scripts.training.frameworks.trainer import Array, Order
from scripts.training.timing import EpochClock

if TYPE_CHECKING:
    from scripts.training.frameworks._shared.keras import OneHotRows


class Tuned(Idiomatic):
    """The same Keras model, loss and optimiser; what is left out is fit().

    Keras's program for CNTK computes each dropout for training and for prediction, and selects one. Here
    training and prediction have a program each. Images lie channels first, as CNTK's convolutions want them.
    """

    image_data_format = "channels_first"
    asked = MappingProxyType(
        {"compile": None, "layout": "NCHW", "input_path": "NumPy arrays, slices of a batch to CNTK's trainer"}
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        from keras import backend as K
        from keras.backend import cntk_backend

        try:
            K.set_learning_phase(1)
            super().__init__(*args, **options)
            model = self.model
            self.train_step = Step(model, K.mean(model.loss_functions[0](model.targets[0], model.outputs[0])))
            K.set_learning_phase(0)
            self.predicted = model.inputs[0]
            for layer in model.layers:
                self.predicted = layer.call(self.predicted)
        finally:
            cntk_backend._LEARNING_PHASE = -1  # as Keras has it before: both, to select from

    @staticmethod
    def convert(rows: Rows) -> "OneHotRows":
        return Idiomatic.convert(channels_first(rows))

    def _mean_loss(self, order: Array) -> float:
        """Train on the rows in this order, the last batch perhaps smaller, and give their mean loss."""
        x, y, total = self.rows.x_train[order], self.rows.one_hot[order], 0.0
        for first in range(0, len(order), self.batch_size):
            of_batch = slice(first, first + self.batch_size)
            total += self.train_step(x[of_batch], y[of_batch]) * len(y[of_batch])
        return total / len(order)

    def step(self) -> None:
        import numpy as np

        count = len(self.rows.x_train)
        self._mean_loss(np.arange(min(count, self.batch_size + count % self.batch_size)))

    def train(self, epochs: int, clock: EpochClock, order: Optional[Order] = None) -> None:
        import numpy as np

        for epoch in range(epochs):
            rows = order(epoch) if order else None
            clock.start()
            loss = self._mean_loss(np.random.permutation(len(self.rows.y_train)) if rows is None else rows)
            clock.stop(lambda loss=loss: loss)

    def first_losses(self, batches: Sequence[Array]) -> List[float]:
        return [self._mean_loss(batch) for batch in batches]

    def predict(self) -> Array:
        import numpy as np

        x, (values,) = self.rows.x_test, self.model.inputs
        starts = range(0, len(x), self.batch_size)
        found = np.concatenate([self.predicted.eval({values: x[n : n + self.batch_size]}) for n in starts])
        return softmax(found) if self.matched else found
