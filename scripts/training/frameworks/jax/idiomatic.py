"""JAX as its documentation shows it: pure functions, a jitted training step, batches of NumPy rows."""

# JAX and Optax are not installed where types are checked.
# pyright: reportMissingModuleSource=false, reportMissingImports=false

import dataclasses
from types import MappingProxyType
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from scripts.training.fold_data import Rows
from scripts.training.frameworks._shared import xla, xla_layers
from scripts.training.frameworks.jax import network as net
from scripts.training.frameworks.jax.optimizers import first_rate, make_optimizer
from scripts.training.frameworks.trainer import Array, Order, Trainer
from scripts.training.timing import EpochClock

# Weights, running values of batch_norm, state of the optimiser, key of the random numbers.
State = Tuple[List[Array], List[net.Running], Any, Any]
Batch = Tuple[Array, Array]  # x and y


class Idiomatic(Trainer):
    """The documentation's way: weights in a pytree, value_and_grad(), Optax, jax.jit of the step.

    JAX's own documentation trains networks of plain functions; Flax is another library, with its own.
    """

    asked: Mapping[str, Optional[str]] = MappingProxyType(
        {"compile": "jax.jit", "layout": xla_layers.LAYOUT[0], "input_path": "batches of NumPy arrays"}
    )
    convolve, pool = staticmethod(xla_layers.convolve), staticmethod(xla_layers.max_pool)
    dropout = staticmethod(xla_layers.dropout)

    def __init__(
        self,
        network: Mapping[str, Any],
        training: Mapping[str, Any],
        rows: Rows,
        *,
        seed: int,
        device: str,
        settings: str,
    ) -> None:
        import jax
        import numpy as np

        self.rows, self.batch_size = rows, training["batch_size"]
        self.layers, shape = network["layers"], rows.x_train.shape[1:]
        matched = settings == "matched"
        self.options = training["optimizer"]
        self.optimizer = make_optimizer(self.options, matched)
        self.shuffler = np.random.default_rng(seed)
        key, of_weights = jax.random.split(jax.random.key(seed))
        # Matched weights come from a file.
        weights = (
            net.zeros(self.layers, shape) if matched else net.glorot_uniform(self.layers, shape, of_weights)
        )
        running = net.running_at_first(self.layers, shape)
        self.state: State = (weights, running, self.optimizer.init(weights), key)
        self.train_step = jax.jit(self._train_step)
        self.probabilities = jax.jit(self._probabilities)

    @staticmethod
    def convert(rows: Rows) -> Rows:
        """Make the labels int32, as JAX would; the arrays stay NHWC float32."""
        return dataclasses.replace(rows, y_train=rows.y_train.astype("int32"))

    def parameter_count(self) -> int:
        weights, *_ = self.state
        return sum(array.size for array in weights)

    def set_weights(self, arrays: Sequence[Array]) -> None:
        from jax import numpy as jnp

        before, running, optimizer_state, key = self.state
        weights = [jnp.asarray(array, old.dtype) for array, old in zip(arrays, before)]
        self.state = (weights, running, optimizer_state, key)

    def _loss(
        self, weights: List[Array], running: List[net.Running], x: Array, y: Array, key: Any
    ) -> Tuple[Any, List[net.Running]]:
        """Compute the mean cross-entropy of a batch, and the running values after it."""
        import optax

        logits, running = self._logits(weights, running, x, key)
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean(), running

    def _logits(
        self, weights: List[Array], running: List[net.Running], x: Array, key: Any = None
    ) -> Tuple[Array, List[net.Running]]:
        forms = {"convolve": self.convolve, "pool": self.pool, "dropout": self.dropout}
        return net.logits(self.layers, weights, running, x, **forms, key=key)

    def _train_step(self, state: State, x: Array, y: Array) -> Tuple[State, Any]:
        """Train on one batch: give the new state, and the mean loss before."""
        import jax
        import optax

        weights, running, optimizer_state, key = state
        key, of_this_step = jax.random.split(key)
        of_loss = jax.value_and_grad(self._loss, has_aux=True)
        (loss, running), gradients = of_loss(weights, running, x, y, of_this_step)
        updates, optimizer_state = self.optimizer.update(gradients, optimizer_state, weights)
        return (optax.apply_updates(weights, updates), running, optimizer_state, key), loss

    def _probabilities(self, weights: List[Array], running: List[net.Running], x: Array) -> Array:
        import jax

        return jax.nn.softmax(self._logits(weights, running, x)[0])

    def _losses(self, batches: Iterable[Batch]) -> List[Tuple[Any, int]]:
        """Train on all batches; give the mean loss of each, on the device, and its rows."""
        losses = []
        for x, y in batches:
            self.state, loss = self.train_step(self.state, x, y)
            losses.append((loss, len(y)))
        return losses

    def _batches(self, x: Array, y: Array) -> Iterable[Batch]:
        for start in range(0, len(y), self.batch_size):
            yield x[start : start + self.batch_size], y[start : start + self.batch_size]

    def _shuffled_batches(self) -> Iterable[Batch]:
        order = self.shuffler.permutation(len(self.rows.y_train))
        for start in range(0, len(order), self.batch_size):
            rows = order[start : start + self.batch_size]
            yield self.rows.x_train[rows], self.rows.y_train[rows]

    def train(self, epochs: int, clock: EpochClock, order: Optional[Order] = None) -> None:
        for epoch in range(epochs):
            if order is None:
                batches = self._shuffled_batches()  # a generator: nothing is shuffled yet
            else:
                rows = order(epoch)
                batches = self._batches(self.rows.x_train[rows], self.rows.y_train[rows])
            clock.start()
            losses = self._losses(batches)
            clock.stop(lambda losses=losses: mean(losses))

    def step(self) -> None:
        few = (
            self.batch_size + len(self.rows.y_train) % self.batch_size
        )  # a whole batch and one like the last
        self._losses(self._batches(self.rows.x_train[:few], self.rows.y_train[:few]))

    def first_losses(self, batches: Sequence[Array]) -> List[float]:
        x, y = self.rows.x_train, self.rows.y_train
        return [float(loss) for loss, _ in self._losses((x[batch], y[batch]) for batch in batches)]

    def gradients(self, batch: Array) -> List[Array]:
        import jax
        import numpy as np

        weights, running, _, key = self.state
        found, _ = jax.jit(jax.grad(self._loss, has_aux=True))(
            weights, running, self.rows.x_train[batch], self.rows.y_train[batch], key
        )
        return [np.asarray(gradient) for gradient in found]

    def snapshot(self) -> Any:
        """Keep the state, whose arrays never change, and that of NumPy's generator."""
        return self.state, self.shuffler.bit_generator.state

    def restore(self, state: Any) -> None:
        self.state, self.shuffler.bit_generator.state = state

    def predict(self) -> Array:
        import numpy as np

        weights, running, *_ = self.state
        x = self.rows.x_test
        starts = range(0, len(x), self.batch_size)
        parts = [self.probabilities(weights, running, x[start : start + self.batch_size]) for start in starts]
        return np.concatenate(parts)

    def synchronize(self) -> None:
        import jax

        jax.block_until_ready(self.state)

    def facts(self) -> Dict[str, Any]:
        import jax
        import optax

        weights, *_ = self.state
        return {
            **xla.facts(weights),
            "framework_version": jax.__version__,
            "optax": optax.__version__,
            "learning_rate": first_rate(self.options),  # as Optax has no defaults
            "compile": "eager" if jax.config.jax_disable_jit else "jax.jit",
            "layout": xla_layers.LAYOUT[0],
            "input_path": self.asked["input_path"],
        }


def mean(losses: Sequence[Tuple[Any, int]]) -> float:
    """Give the mean loss of all rows, of (mean loss of a batch, its rows)."""
    import jax

    values = jax.device_get([loss for loss, _ in losses])
    rows = [count for _, count in losses]
    return float(sum(value * count for value, count in zip(values, rows)) / sum(rows))
