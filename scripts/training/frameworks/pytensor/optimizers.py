"""The optimisers, written in symbols: PyTensor has none.

So it has no defaults either. With published settings what the config leaves open are the constants of Keras
2.3.1, through which the study trained Theano: Adadelta's rate is then 1.0, as in its paper.
The formulas are those of matched settings, scripts/parity/numpy_optimizers.py.
"""

# PyTensor is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false, reportMissingImports=false

from types import MappingProxyType
from typing import Any, List, Mapping, Sequence, Tuple

Updates = List[Tuple[Any, Any]]  # shared variable, its new value

KERAS_2: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "adadelta": {"learning_rate": 1.0, "decay": 0.0, "rho": 0.95, "epsilon": 1e-7},
        "rmsprop": {"learning_rate": 0.001, "decay": 0.0, "rho": 0.9, "epsilon": 1e-7},
        "sgd": {"learning_rate": 0.01, "decay": 0.0, "momentum": 0.0, "nesterov": False},
    }
)


def state(parameter: Any) -> Any:
    """Make a shared variable of the shape of a parameter, all zeros."""
    import numpy as np
    import pytensor

    return pytensor.shared(np.zeros_like(parameter.get_value()), shape=parameter.type.shape)


def adadelta(parameter: Any, gradient: Any, rate: Any, *, rho: float, epsilon: float) -> Updates:
    """Zeiler, arXiv:1212.5701, algorithm 1; epsilon is inside both roots."""
    import pytensor.tensor as pt

    squares, changes = state(parameter), state(parameter)
    a = rho * squares + (1 - rho) * gradient**2
    change = gradient * pt.sqrt(changes + epsilon) / pt.sqrt(a + epsilon)
    u = rho * changes + (1 - rho) * change**2
    return [(parameter, parameter - rate * change), (squares, a), (changes, u)]


def rmsprop(parameter: Any, gradient: Any, rate: Any, *, rho: float, epsilon: float) -> Updates:
    """Hinton, Neural networks for machine learning, lecture 6e; epsilon is outside the root."""
    import pytensor.tensor as pt

    squares = state(parameter)
    a = rho * squares + (1 - rho) * gradient**2
    return [(parameter, parameter - rate * gradient / (pt.sqrt(a) + epsilon)), (squares, a)]


def sgd(parameter: Any, gradient: Any, rate: Any, *, momentum: float, nesterov: bool) -> Updates:
    """Descend, with momentum in the form of Keras: the velocity holds the rate of each step."""
    if not momentum:
        return [(parameter, parameter - rate * gradient)]
    velocity = state(parameter)
    v = momentum * velocity - rate * gradient
    step = momentum * v - rate * gradient if nesterov else v
    return [(parameter, parameter + step), (velocity, v)]


def updates(options: Mapping[str, Any], parameters: Sequence[Any], gradients: Sequence[Any]) -> Updates:
    """Give the updates of one step; `options` as the config names them.

    The rate falls with inverse time: learning_rate / (1 + decay * steps before this one).
    """
    import numpy as np
    import pytensor

    constants = {**KERAS_2[options["name"]], **options}
    step = {"adadelta": adadelta, "rmsprop": rmsprop, "sgd": sgd}[constants.pop("name")]
    rate, decay, found = constants.pop("learning_rate"), constants.pop("decay"), []
    if decay:
        steps = pytensor.shared(np.zeros((), pytensor.config.floatX))
        rate = rate / (1 + decay * steps)
        found.append((steps, steps + 1))
    for parameter, gradient in zip(parameters, gradients):
        found += step(parameter, gradient, rate, **constants)
    return found
