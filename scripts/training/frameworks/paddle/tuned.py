"""PaddlePaddle as fast as it goes: a step is one static program, rows are views of an array in order."""

# PaddlePaddle is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from scripts.training.frameworks.paddle.idiomatic import Converted, Idiomatic
from scripts.training.frameworks.paddle.kernels import canonical
from scripts.training.frameworks.paddle.static_step import StaticStep, static_graph
from scripts.training.frameworks.trainer import Array, Order
from scripts.training.timing import EpochClock


class Tuned(Idiomatic):
    """The same layers, loss and optimiser as a static program, which oneDNN computes where there are images.

    The dynamic graph computes convolutions by im2col, image by image, and never asks oneDNN. There is no
    DataLoader, which picks and stacks row by row in Python: each epoch puts the rows in order at once, and a
    batch is a view of them. What was tried and did not win: see docs/method.md.
    """

    def __init__(
        self,
        network: Mapping[str, Any],
        training: Mapping[str, Any],
        rows: Converted,
        *,
        seed: int,
        device: str,
        settings: str,
    ) -> None:
        import paddle

        super().__init__(network, training, rows, seed=seed, device=device, settings=settings)
        # Without convolutions oneDNN has nothing to gain, and PaddlePaddle 3.3.1 crashes. Its pass that lets
        # operations overwrite what they read does not see that an operation of oneDNN still needs it.
        # Of its batch norm the gradients can be handed to no other operation; those of the formula are wrong.
        onednn = self.images and all(layer["type"] != "batch_norm" for layer in network["layers"])
        paddle.set_flags({"FLAGS_use_onednn": onednn, "FLAGS_pir_apply_inplace_pass": False})
        initial = [parameter.numpy() for parameter in self._weights()]
        shape, optimizer = rows.input_shape, {"options": self.options, "matched": self.matched}
        self.steps = StaticStep(network["layers"], shape, rows.x, initial, **optimizer)
        self.asked.update(compile="static program of a step", input_path="views of rows in memory")

    def _optimizer(self) -> Tuple[Any, Any]:
        return None, None  # in the program

    def _set_native(self, arrays: Sequence[Array]) -> None:
        super()._set_native(arrays)
        self.steps.set_weights(arrays)

    def _mean_loss(self, order: Array) -> Callable[[], float]:
        """Train on the rows in this order, and return a function that gives the mean loss."""
        x, y, total = self.rows.x[order], self.rows.y[order], 0.0
        for first in range(0, len(order), self.batch_size):
            batch = slice(first, first + self.batch_size)
            total += self.steps(x[batch], y[batch]) * len(y[batch])
        return lambda: total / len(order)

    def first_losses(self, batches: Sequence[Array]) -> List[float]:
        with static_graph(self.steps.scope):
            return [self._mean_loss(batch)() for batch in batches]

    def gradients(self, batch: Array) -> List[Array]:
        found = self.steps.gradients_of(self.rows.x[batch], self.rows.y[batch])
        return canonical(found, self.flattened)

    def _shuffled(self) -> Array:
        import numpy as np

        return np.random.permutation(len(self.rows.y))

    def step(self) -> None:
        few = self.batch_size + len(self.rows.y) % self.batch_size  # a whole batch and one like the last
        with static_graph(self.steps.scope):
            self._mean_loss(self._shuffled()[:few])

    def snapshot(self) -> Any:
        import numpy as np
        import paddle

        return self.steps.snapshot(), paddle.get_rng_state(), np.random.get_state()

    def restore(self, state: Any) -> None:
        import numpy as np
        import paddle

        steps, random_state, order_state = state
        self.steps.restore(steps)
        paddle.set_rng_state(random_state)
        np.random.set_state(order_state)

    def train(self, epochs: int, clock: EpochClock, order: Optional[Order] = None) -> None:
        with static_graph(self.steps.scope):
            for epoch in range(epochs):
                rows = order(epoch) if order else None
                clock.start()
                loss = self._mean_loss(self._shuffled() if rows is None else rows)
                clock.stop(loss)

    def predict(self) -> Array:
        super()._set_native(self.steps.weights())
        buffers = [buffer for layer in self.model.sublayers() for buffer in norm_buffers(layer)]
        for buffer, array in zip(buffers, self.steps.running()):
            buffer.set_value(array)
        return super().predict()

    def facts(self) -> Dict[str, Any]:
        precisions = {str(array.dtype) for array in self.steps.weights()}
        return {**super().facts(), "compile": "static program of a step", "precision": ", ".join(precisions)}


def norm_buffers(layer: Any) -> List[Any]:
    """Give the running mean and variance of a batch_norm; nothing of another layer."""
    return [getattr(layer, name) for name in ("_mean", "_variance") if hasattr(layer, name)]
