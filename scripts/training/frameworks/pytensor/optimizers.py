"""The optimisers, written in symbols: PyTensor has none.

So it has no defaults either. With published settings what the config leaves open are the constants of Keras
2.3.1, through which the study trained Theano: Adadelta's rate is then 1.0, as in its paper. It has no AdamW:
that has PyTorch's weight decay.
The formulas are those of matched settings, scripts/parity/numpy_optimizers.py.
"""

# PyTensor is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false, reportMissingImports=false

import math
from types import MappingProxyType
from typing import Any, List, Mapping, Sequence, Tuple

from scripts.training.frameworks._shared.learning_rate import (
    AROUND,
    LOG_OF_RISE,
    Mathematics,
    changes,
    share,
)

Updates = List[Tuple[Any, Any]]  # shared variable, its new value

ADAM = {"learning_rate": 0.001, "decay": 0.0, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
KERAS_2: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "adadelta": {"learning_rate": 1.0, "decay": 0.0, "rho": 0.95, "epsilon": 1e-7},
        "rmsprop": {"learning_rate": 0.001, "decay": 0.0, "rho": 0.9, "epsilon": 1e-7},
        "sgd": {"learning_rate": 0.01, "decay": 0.0, "momentum": 0.0, "nesterov": False},
        "adam": ADAM,
        "adamw": {**ADAM, "weight_decay": 0.01},
        "nadam": {**ADAM, "learning_rate": 0.002, "momentum_decay": 0.004},
        "adagrad": {"learning_rate": 0.01, "decay": 0.0, "epsilon": 1e-7},
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


def adam(
    parameter: Any,
    gradient: Any,
    rate: Any,
    *,
    steps: Any,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    weight_decay: float = 0.0,
) -> Updates:
    """Kingma and Ba, arXiv:1412.6980, algorithm 1; with a decoupled decay AdamW. `steps`: this one, too."""
    import pytensor.tensor as pt

    m, v, moved = moved_means(parameter, gradient, beta_1, beta_2)
    root = pt.sqrt(v / one_minus_power(beta_2, steps)) + epsilon
    change = m / one_minus_power(beta_1, steps) / root
    return [(parameter, parameter - rate * (change + weight_decay * parameter)), *moved]


def moved_means(parameter: Any, gradient: Any, beta_1: float, beta_2: float) -> Tuple[Any, Any, Updates]:
    """Give the new means of gradients and of their squares, and the updates that keep them."""
    means, squares = state(parameter), state(parameter)
    m = beta_1 * means + (1 - beta_1) * gradient
    v = beta_2 * squares + (1 - beta_2) * gradient**2
    return m, v, [(means, m), (squares, v)]


def nadam(
    parameter: Any,
    gradient: Any,
    rate: Any,
    *,
    steps: Any,
    factors: Tuple[Any, Any],
    beta_1: float,
    beta_2: float,
    epsilon: float,
) -> Updates:
    """Dozat, ICLR 2016, workshop track; `factors` of mean and gradient: see momenta()."""
    import pytensor.tensor as pt

    m, v, moved = moved_means(parameter, gradient, beta_1, beta_2)
    root = pt.sqrt(v / one_minus_power(beta_2, steps)) + epsilon
    change = (factors[0] * m + factors[1] * gradient) / root
    return [(parameter, parameter - rate * change), *moved]


def momenta(steps: Any, beta_1: float, momentum_decay: float) -> Tuple[Tuple[Any, Any], Updates]:
    """Give Nadam's factors of mean and gradient, and the update of 1 - the product of all momenta so far."""
    import numpy as np
    import pytensor
    import pytensor.tensor as pt

    before, rise = pytensor.shared(np.zeros((), pytensor.config.floatX)), momentum_decay * LOG_OF_RISE
    now, then = (beta_1 * (1 - pt.exp(step * rise) / 2) for step in (steps, steps + 1))
    gone = 1 - (1 - before) * now
    return (then / (1 - (1 - gone) * then), (1 - now) / gone), [(before, gone)]


def one_minus_power(base: float, exponent: Any) -> Any:
    """Compute 1 - base ** exponent with all digits."""
    import pytensor.tensor as pt

    return -pt.expm1(exponent * math.log(base)) if base else 1.0


def adagrad(parameter: Any, gradient: Any, rate: Any, *, epsilon: float) -> Updates:
    """Duchi et al., JMLR 12, 2011; the sum starts at zero, epsilon is outside the root."""
    import pytensor.tensor as pt

    squares = state(parameter)
    a = squares + gradient**2
    return [(parameter, parameter - rate * gradient / (pt.sqrt(a) + epsilon)), (squares, a)]


STEPS = {
    **{"adadelta": adadelta, "rmsprop": rmsprop, "sgd": sgd},
    **{"adam": adam, "adamw": adam, "nadam": nadam, "adagrad": adagrad},
}


def updates(options: Mapping[str, Any], parameters: Sequence[Any], gradients: Sequence[Any]) -> Updates:
    """Give the updates of one step; `options` as the config names them."""
    import numpy as np
    import pytensor
    import pytensor.tensor as pt

    named = {**KERAS_2[options["name"]], **options}
    constants = {key: value for key, value in named.items() if key not in AROUND}
    step, rate, found = STEPS[named["name"]], named["learning_rate"], []
    if changes(named) or step in (adam, nadam):
        steps = pytensor.shared(np.zeros((), pytensor.config.floatX))
        found.append((steps, steps + 1))
        if changes(named):
            rate = rate * share(named, steps, Mathematics(pt.cos, pt.floor, pt.minimum))
        constants.update({"steps": steps + 1} if step in (adam, nadam) else {})
    if step is nadam:
        decay = constants.pop("momentum_decay")
        constants["factors"], moved = momenta(constants["steps"], constants["beta_1"], decay)
        found += moved
    if "clip_norm" in named:
        norm = pt.sqrt(sum((gradient**2).sum() for gradient in gradients))
        gradients = [gradient * pt.minimum(named["clip_norm"] / norm, 1) for gradient in gradients]
    if named.get("l2"):
        pairs = zip(parameters, gradients)
        gradients = [gradient + named["l2"] * parameter for parameter, gradient in pairs]
    for parameter, gradient in zip(parameters, gradients):
        found += step(parameter, gradient, rate, **constants)
    return found
