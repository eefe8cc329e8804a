"""A whole training step, forward, backward and update, as one static program."""

# PaddlePaddle is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from scripts.core.network import Layers, given, has_bias, norm_sizes, strides
from scripts.training.fold_data import Array
from scripts.training.frameworks.paddle.batch_norm import batch_norm
from scripts.training.frameworks.paddle.layers import activation, padding
from scripts.training.frameworks.paddle.optimizers import Formula, own_optimizer

Taps = List[Tuple[Any, Any]]  # maps that a bias was added to, and the bias


@contextmanager
def static_graph(scope: Any) -> Iterator[None]:
    """Switch to PaddlePaddle's static graph, with variables in this scope, and back."""
    import paddle

    paddle.enable_static()
    try:
        with paddle.static.scope_guard(scope):
            yield
    finally:
        paddle.disable_static()


def forward(layers: Layers, x: Any, weights: Sequence[Any], running: Sequence[Any]) -> Tuple[Any, Taps]:
    """Give the logits of a batch and its taps; `weights` as core/network.py orders them.

    `running`: mean and variance of each batch_norm, one after the other, which are moved on.
    """
    import paddle.nn.functional as F

    left, norms, taps = list(weights), list(running), []
    for layer in layers:
        kind = layer["type"]
        if kind == "conv":
            x = F.conv2d(x, left.pop(0), stride=strides(layer), padding=padding(layer))
            x = add_bias(x, left.pop(0), taps) if has_bias(layer) else x
        elif kind == "max_pool":
            # With the mask its gradient needs no search for the maximum.
            x = F.max_pool2d(x, layer["size"], strides(layer), return_mask=True)[0]
        elif kind == "avg_pool":
            x = F.avg_pool2d(x, layer["size"], strides(layer))
        elif kind == "global_avg_pool":
            x = x.mean([2, 3])
        elif kind == "batch_norm":
            variables = (norms.pop(0), norms.pop(0), left.pop(0), left.pop(0))
            x = batch_norm(x, variables, given(layer, "momentum", "epsilon"), training=True)
        elif kind == "dropout":
            x = F.dropout(x, layer["rate"])
        elif kind == "flatten":
            x = x.flatten(1)
        elif kind == "dense":
            x = F.linear(x, left.pop(0), left.pop(0) if has_bias(layer) else None)
        if layer.get("activation") == "relu":
            # oneDNN's own relu has a gradient that is slow where others left memory in another order.
            x = F.thresholded_relu(x, 0.0)
        else:
            for module in activation(layer.get("activation")):
                x = module(x)
    return x, taps


def add_bias(maps: Any, bias: Any, taps: Taps) -> Any:
    """Add a bias to the maps of a convolution, without a gradient: bias_gradient() gives it."""
    added = maps + bias.detach().reshape([-1, 1, 1])
    added.stop_gradient = False
    taps.append((added, bias))
    return added


def bias_gradient(gradient: Any) -> Any:
    """Sum the gradient of the maps, (rows, channels, height, width), for each channel.

    As a product with ones: PaddlePaddle's own sum of a broadcast addition takes longer than the convolution.
    """
    import paddle

    _, _, height, width = gradient.shape
    ones = paddle.ones([height * width, 1], gradient.dtype)
    return paddle.matmul(gradient.flatten(2), ones).sum([0, 2])


def gradients(loss: Any, weights: Sequence[Any], taps: Taps) -> List[Any]:
    """Give the gradients of all weights, in their order."""
    from paddle import static

    biases = [bias.name for _, bias in taps]
    others = [weight for weight in weights if weight.name not in biases]
    found = static.gradients([loss], [*others, *(maps for maps, _ in taps)])
    of: Dict[str, Any] = {weight.name: gradient for weight, gradient in zip(others, found)}
    for (_, bias), gradient in zip(taps, found[len(others) :]):
        of[bias.name] = bias_gradient(gradient)
    return [of[weight.name] for weight in weights]


class StaticStep:
    """One program that takes a step, and its weights and the optimiser's state in a scope of its own.

    `input_shape` of a row in the prepared data, `initial` the weights as PaddlePaddle has them. With matched
    settings the optimiser is our formula.
    """

    def __init__(
        self,
        layers: Layers,
        input_shape: Tuple[int, ...],
        x: Array,
        initial: Sequence[Array],
        *,
        options: Mapping[str, Any],
        matched: bool,
    ) -> None:
        import numpy as np
        from paddle import static

        self.layers, self.row, self.initial = layers, x.shape[1:], initial
        self.precision = str(x.dtype)
        sizes = norm_sizes(layers, input_shape)
        self.initial_running = [part for size in sizes for part in (np.zeros(size), np.ones(size))]
        self.scope, self.updates = static.Scope(), 0
        self.formula: Optional[Formula] = Formula(options) if matched else None
        self.schedule: Any = None
        with static_graph(self.scope):
            self.program, start = static.Program(), static.Program()
            self.executor = static.Executor()
            with static.program_guard(self.program, start):
                self.loss, weights, found = self._differentiated()
                self._update(weights, found, options)
            self.executor.run(start)
        self.names = [weight.name for weight in weights]

    def _differentiated(self) -> Tuple[Any, List[Any], List[Any]]:
        """Write the forward and backward pass into the present program: the mean loss, weights, gradients."""
        import paddle
        from paddle import static

        x = static.data("x", [-1, *self.row], self.precision)
        y = static.data("y", [-1], "int64")
        weights = [self._variable(f"weight_{number}", array) for number, array in enumerate(self.initial)]
        running = [
            self._variable(f"running_{number}", array) for number, array in enumerate(self.initial_running)
        ]
        self.running_names = [variable.name for variable in running]
        logits, taps = forward(self.layers, x, weights, running)
        loss = paddle.nn.functional.cross_entropy(logits, y)
        return loss, weights, gradients(loss, weights, taps)

    def _update(self, weights: List[Any], found: List[Any], options: Mapping[str, Any]) -> None:
        """Write the update into the present program."""
        import numpy as np
        from paddle import static

        if self.formula is None:
            # With oneDNN the class SGD of PaddlePaddle 3.3 changes no weights.
            optimizer, self.schedule = own_optimizer(options, always_momentum=True)
            # minimize() sets it; apply_gradients() of PaddlePaddle 3.3 does not, and fails with a schedule.
            optimizer._dtype = self.loss.dtype
            optimizer.apply_gradients(list(zip(weights, found)))
            return
        moving = {name: static.data(name, [1], self.precision) for name in self.formula.moving(0)}
        constants = {**self.formula.constants(self.precision), **moving}
        for weight, gradient in zip(weights, self.formula.prepared(found, weights, constants)):
            zeros = np.zeros(weight.shape, self.precision)
            names = [f"{weight.name}_state_{number}" for number in range(self.formula.tensors)]
            state = [self._variable(name, zeros) for name in names]
            self.formula.update(weight, gradient, state, constants)

    def _variable(self, name: str, value: Array) -> Any:
        """Add a variable to the present program that lasts from step to step: a weight, or a state."""
        from paddle import nn, static

        initializer = nn.initializer.Assign(value.astype(self.precision))
        return static.create_parameter(
            list(value.shape), self.precision, name=name, default_initializer=initializer
        )

    def __call__(self, x: Array, y: Array) -> float:
        """Take a step, and give the mean loss before it. To be called inside static_graph(self.scope)."""
        import numpy as np

        feed = {"x": x, "y": y}
        if self.formula is not None:
            moving = self.formula.moving(self.updates)
            feed.update({name: np.array([value], self.precision) for name, value in moving.items()})
        (loss,) = self.executor.run(self.program, feed=feed, fetch_list=[self.loss])
        self.updates += 1
        if self.schedule:
            self.schedule.step()
        return float(loss)

    def gradients_of(self, x: Array, y: Array) -> List[Array]:
        """Give the gradients of the mean loss of a batch, by a program of their own that updates nothing."""
        from paddle import static

        with static_graph(self.scope):
            program = static.Program()
            with static.program_guard(program, static.Program()):
                _, _, found = self._differentiated()
            return self.executor.run(program, feed={"x": x, "y": y}, fetch_list=found)

    def weights(self) -> List[Array]:
        """Copy the weights."""
        return [self._read(name) for name in self.names]

    def running(self) -> List[Array]:
        """Copy mean and variance of each batch_norm, one after the other."""
        return [self._read(name) for name in self.running_names]

    def set_weights(self, arrays: Sequence[Array]) -> None:
        """Set the weights, as PaddlePaddle has them."""
        for name, array in zip(self.names, arrays):
            self._write(name, array)

    def _read(self, name: str) -> Array:
        import numpy as np

        return np.array(self.scope.find_var(name).get_tensor())

    def _write(self, name: str, array: Array) -> None:
        import paddle

        self.scope.find_var(name).get_tensor().set(array, paddle.CPUPlace())

    def snapshot(self) -> Any:
        """Copy all that a step changes."""
        names = self.program.state_dict(scope=self.scope)
        schedule = self.schedule.state_dict() if self.schedule else None
        return {name: self._read(name) for name in names}, self.updates, schedule

    def restore(self, state: Any) -> None:
        """Go back to what snapshot() gave."""
        arrays, self.updates, schedule = state
        for name, array in arrays.items():
            self._write(name, array)
        if self.schedule:
            self.schedule.set_state_dict(schedule)
