"""TensorFlow as fast as it goes: rows on the device, an epoch is one compiled program."""

# TensorFlow is not installed where types are checked.
# pyright: reportMissingModuleSource=false

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, List, Mapping, Optional, Sequence

from scripts.training.frameworks.tensorflow.idiomatic import Idiomatic
from scripts.training.frameworks.trainer import Array, Order
from scripts.training.timing import EpochClock

if TYPE_CHECKING:
    from scripts.training.frameworks._shared.keras import OneHotRows


class Tuned(Idiomatic):
    """The same Keras model, loss and optimiser; what is left out is fit().

    fit() hands over one batch of NumPy rows after the other and runs Python between the steps. Here rows
    and one-hot labels are tensors on the device, and one tf.function takes the batches, computes the
    gradients and updates the weights for a whole epoch. XLA (jit_compile) made it three to five times
    slower on a CPU: see docs/method.md.
    """

    asked = MappingProxyType(
        {
            "compile": "tf.function",
            "layout": "NHWC",
            "input_path": "tensors on the device, an epoch in one tf.function",
        }
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
        import tensorflow as tf

        super().__init__(network, training, rows, seed=seed, device=device, settings=settings)
        with tf.device(device):
            self.x, self.y = tf.constant(rows.x_train), tf.constant(rows.one_hot)
        self._variables()  # makes those of the optimiser, which a tf.function must not
        self.epoch = tf.function(self._epoch)

    def _update(self, x: Any, y: Any) -> Any:
        """Take one training step, and give the mean loss of the batch before it."""
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss = self.model.compute_loss(x=x, y=y, y_pred=self.model(x, training=True))
        variables = self.model.trainable_variables
        self.model.optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    def _epoch(self, order: Any) -> Any:
        """Train on all rows in this order and give the mean loss. The last batch may be smaller."""
        import tensorflow as tf

        full, few = divmod(order.shape[0], self.batch_size)
        batches = tf.reshape(order[: full * self.batch_size], (full, self.batch_size))
        total = tf.zeros((), self.x.dtype)
        for n in tf.range(full):
            total += self._step_on(batches[n]) * self.batch_size
        if few:
            total += self._step_on(order[-few:]) * few
        return total / order.shape[0]

    def _step_on(self, rows: Any) -> Any:
        import tensorflow as tf

        return self._update(tf.gather(self.x, rows), tf.gather(self.y, rows))

    def _shuffled(self) -> Any:
        import tensorflow as tf

        return tf.random.shuffle(tf.range(len(self.y)))

    def step(self) -> None:
        self.epoch(self._shuffled())

    def train(self, epochs: int, clock: EpochClock, order: Optional[Order] = None) -> None:
        import tensorflow as tf

        with tf.device(self.device):
            for epoch in range(epochs):
                rows = None if order is None else tf_rows(order(epoch))
                clock.start()
                loss = self.epoch(self._shuffled() if rows is None else rows)
                clock.stop(lambda loss=loss: float(loss))

    def first_losses(self, batches: Sequence[Array]) -> List[float]:
        return [float(self.epoch(tf_rows(batch))) for batch in batches]

    def compile_mode(self) -> str:
        import tensorflow as tf

        return "eager" if tf.config.functions_run_eagerly() else "tf.function"


def tf_rows(order: Array) -> Any:
    """Make a tensor of row numbers, int32, (rows,)."""
    import tensorflow as tf

    return tf.constant(order, tf.int32)
