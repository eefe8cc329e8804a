"""TensorFlow as fast as it goes: rows on the device, an epoch is one compiled program."""

# TensorFlow is not installed where types are checked; those that are known lack its inner modules.
# pyright: reportMissingModuleSource=false, reportMissingImports=false

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Callable, List, Mapping, Optional, Sequence, Tuple

from scripts.training.frameworks.tensorflow import dropout
from scripts.training.frameworks.tensorflow.idiomatic import Idiomatic
from scripts.training.frameworks.trainer import Array, Order
from scripts.training.timing import EpochClock

if TYPE_CHECKING:
    from scripts.training.frameworks._shared.keras import OneHotRows

DRAWN_AT_ONCE = 2**22  # values of dropout, at most: 16 MiB


class Tuned(Idiomatic):
    """The same Keras model, loss and optimiser; what is left out is fit().

    fit() hands over one batch of NumPy rows after the other and runs Python between the steps. Here rows
    and one-hot labels are tensors on the device, and one tf.function takes the batches, computes the
    gradients and updates the weights for a whole epoch. Small networks draw dropout for all its steps at
    once, which is fewer operations, and without convolutions, on a CPU, one thread starts all of them. XLA
    (jit_compile) made it three to five times slower on a CPU: see docs/method.md.
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
        self.dropout = dropout.layers_of(self.model)
        self._variables()  # makes those of the optimiser, which a tf.function must not
        self.epoch: Callable[[Any], Any]
        self.epoch = tf.function(self._epoch, autograph=False)  # which would take longer than the rest
        if device == "cpu" and all(len(weight.shape) < 4 for weight in self.model.trainable_variables):
            self.epoch = started_by_one_thread(self.epoch)

    def _epoch(self, order: Any) -> Any:
        """Train on all rows in this order and give the mean loss. The last batch may be smaller."""
        import tensorflow as tf

        count = order.shape[0]
        full, few = divmod(count, self.batch_size)
        batches = tf.reshape(order[: full * self.batch_size], (full, self.batch_size))
        of_all = self._draw(full) if dropout.value_count(self.dropout, count) <= DRAWN_AT_ONCE else None

        def step(n: Any, total: Any) -> Tuple[Any, Any]:
            of_step = [x[0] for x in self._draw(1)] if of_all is None else [x[n] for x in of_all]
            return n + 1, total + self._step_on(batches[n], of_step)

        _, total = tf.while_loop(lambda n, _: n < full, step, (0, tf.zeros((), self.x.dtype)))
        total *= self.batch_size
        if few:
            total += self._step_on(order[-few:], [x[0, :few] for x in self._draw(1)]) * few
        return total / count

    def _draw(self, steps: int) -> List[Any]:
        return dropout.draw(self.dropout, steps, self.batch_size, self.x.dtype)

    def _step_on(self, rows: Any, drawn: Sequence[Any]) -> Any:
        """Take one training step on these rows, and give their mean loss before it."""
        import tensorflow as tf

        x, y = tf.gather(self.x, rows), tf.gather(self.y, rows)
        with tf.GradientTape() as tape:
            loss = self.model.compute_loss(x=x, y=y, y_pred=self._forward(x, drawn))
        variables = self.model.trainable_variables
        self.model.optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    def _forward(self, x: Any, drawn: Sequence[Any]) -> Any:
        """Compute what the network gives in training, with these factors in place of dropout."""
        left = iter(drawn)
        for layer in self.model.layers:
            x = x * next(left) if layer in self.dropout else layer(x, training=True)
        return x

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


def started_by_one_thread(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Let one thread start the operations of a tf.function, one after the other.

    Each may still use all threads. Threads that hand small ones to each other take longer than they do.
    TensorFlow has no public name for this.
    """
    from tensorflow.python.eager import context

    def started(order: Any) -> Any:
        with context.function_executor_type("SINGLE_THREADED_EXECUTOR"):
            return function(order)

    return started


def tf_rows(order: Array) -> Any:
    """Make a tensor of row numbers, int32, (rows,)."""
    import tensorflow as tf

    return tf.constant(order, tf.int32)
