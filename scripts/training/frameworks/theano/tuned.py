"""Theano as fast as it goes: rows in shared variables, one compiled update."""

# Theano is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

import math
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, List, Mapping, Optional, Sequence

from scripts.training.fold_data import Rows
from scripts.training.frameworks._shared.keras2 import channels_first
from scripts.training.frameworks.theano import dropout
from scripts.training.frameworks.theano.idiomatic import Idiomatic
from scripts.training.frameworks.trainer import Array, Order
from scripts.training.timing import EpochClock

if TYPE_CHECKING:
    from scripts.training.frameworks._shared.keras import OneHotRows

DRAWN_AT_ONCE = 2**22  # values of dropout, at most


class Tuned(Idiomatic):
    """The same Keras model, loss and optimiser; what is left out is fit().

    fit() copies each batch into the program and runs Python between the steps. Here the rows are shared
    variables, and the program takes its batches from them by itself: Python only gives the number of steps.
    Dropout's factors are such rows, too, drawn for as many steps as fit into 16 MiB.
    Images lie channels first, as Theano's convolutions want them, so that none is transposed.
    """

    image_data_format = "channels_first"
    asked = MappingProxyType(
        {"compile": None, "layout": "NCHW", "input_path": "shared variables, batches taken by the program"}
    )

    def __init__(
        self,
        network: Mapping[str, Any],
        training: Mapping[str, Any],
        rows: "OneHotRows",
        *,
        seed: int,
        device: str,
        settings: str,
    ) -> None:
        import numpy as np
        import theano
        from keras import backend as K

        super().__init__(network, training, rows, seed=seed, device=device, settings=settings)
        self.x, self.y = (theano.shared(array, borrow=True) for array in (rows.x_train, rows.one_hot))
        self.order = theano.shared(np.arange(len(rows.y_train)))
        self.at = theano.shared(np.int64(0))  # place in the order
        self.total = theano.shared(np.zeros((), K.floatx()))  # sum of the losses of the rows
        self.dropout = dropout.layers_of(self.model)
        shapes = [layer.input_shape[1:] for layer in self.dropout]
        self.factors = [theano.shared(np.zeros((0, *shape), K.floatx())) for shape in shapes]
        values = self.batch_size * sum(math.prod(shape) for shape in shapes)  # of a step
        self.rows_at_once = self.batch_size * max(1, DRAWN_AT_ONCE // max(1, values))

    @cached_property
    def program(self) -> Any:
        """One training step on the next rows of the order; compiled with the first step."""
        import theano
        from keras import backend as K
        from theano import tensor as T

        model = self.model
        places = slice(self.at, self.at + self.batch_size)
        taken = self.order[places]
        inputs = {
            model._feed_inputs[0]: self.x[taken],
            model._feed_targets[0]: self.y[taken],
            model._feed_sample_weights[0]: T.ones_like(taken, K.floatx()),
        }
        of_step = [factors[places] for factors in self.factors]
        # Beside the weights, running values of batch_norm change.
        variables, moved = zip(*model.updates) if model.updates else ((), ())
        loss, *moved = dropout.with_factors([model.total_loss, *moved], self.dropout, of_step)
        if not isinstance(K.learning_phase(), int):
            inputs[K.learning_phase()] = T.constant(1, dtype=K.learning_phase().dtype)
        updates = [
            *model.optimizer.get_updates(params=model._collected_trainable_weights, loss=loss),
            *zip(variables, moved),
            (self.at, self.at + taken.shape[0]),
            (self.total, self.total + loss * T.cast(taken.shape[0], K.floatx())),
        ]
        with theano.change_flags(allow_gc=False):  # intermediate results keep their memory
            return theano.function([], [], updates=updates, givens=inputs)

    @staticmethod
    def convert(rows: Rows) -> "OneHotRows":
        return Idiomatic.convert(channels_first(rows))

    def _run(self, order: Array) -> float:
        """Train on the rows in this order, the last batch perhaps smaller, and give their mean loss."""
        self.total.set_value(0)
        for start in range(0, len(order), self.rows_at_once):
            rows = order[start : start + self.rows_at_once]
            self.order.set_value(rows, borrow=True)
            self.at.set_value(0)
            for layer, factors in zip(self.dropout, self.factors):
                drawn = dropout.draw(layer.rate, (len(rows), *layer.input_shape[1:]))
                factors.set_value(drawn, borrow=True)
            self.program.fn(n_calls=-(-len(rows) // self.batch_size))
        return float(self.total.get_value()) / len(order)

    def step(self) -> None:
        import numpy as np

        self._run(np.arange(min(self.batch_size, len(self.rows.y_train))))

    def train(self, epochs: int, clock: EpochClock, order: Optional[Order] = None) -> None:
        import numpy as np

        for epoch in range(epochs):
            rows = order(epoch) if order else None
            clock.start()
            loss = self._run(np.random.permutation(len(self.rows.y_train)) if rows is None else rows)
            clock.stop(lambda loss=loss: loss)

    def first_losses(self, batches: Sequence[Array]) -> List[float]:
        return [self._run(batch) for batch in batches]
