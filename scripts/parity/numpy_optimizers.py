"""The optimisers of the `matched` settings as formulas, in plain NumPy.

Each takes a weight, its gradient, its state, the learning rate and constants, and returns the new weight
and state. A state begins as zeros.
"""

import numpy as np

from scripts.core.errors import UserError

State = tuple[np.ndarray | float, np.ndarray | float]
Step = tuple[np.ndarray, State]


def adadelta(
    weight: np.ndarray, gradient: np.ndarray, state: State, rate: float, *, rho: float, epsilon: float
) -> Step:
    """Take a step of ADADELTA.

    Zeiler, ADADELTA, an adaptive learning rate method, arXiv:1212.5701, algorithm 1, with a learning rate
    (the paper has none: 1); epsilon is inside both roots.

    a = rho a + (1 - rho) g^2;  d = g sqrt(u + epsilon) / sqrt(a + epsilon);
    u = rho u + (1 - rho) d^2;  w = w - rate d
    """
    a, u = state
    a = rho * a + (1 - rho) * gradient**2
    change = gradient * np.sqrt(u + epsilon) / np.sqrt(a + epsilon)
    u = rho * u + (1 - rho) * change**2
    return weight - rate * change, (a, u)


def rmsprop(
    weight: np.ndarray, gradient: np.ndarray, state: State, rate: float, *, rho: float, epsilon: float
) -> Step:
    """Take a step of RMSprop.

    Hinton, Neural networks for machine learning, lecture 6e, 2012; epsilon is outside the root, as in
    PyTorch and Keras 2.

    a = rho a + (1 - rho) g^2;  w = w - rate g / (sqrt(a) + epsilon)
    """
    a = rho * state[0] + (1 - rho) * gradient**2
    return weight - rate * gradient / (np.sqrt(a) + epsilon), (a, state[1])


def sgd(
    weight: np.ndarray, gradient: np.ndarray, state: State, rate: float, *, momentum: float, nesterov: bool
) -> Step:
    """Take a step of gradient descent with momentum.

    Sutskever et al., On the importance of initialization and momentum in deep learning, ICML 2013;
    Nesterov's in the form of Keras, which keeps the weights of the look-ahead point (Bengio et al.,
    arXiv:1212.0901, section 3.5).

    v = momentum v - rate g;  w = w + v, with nesterov w = w + momentum v - rate g
    """
    v = momentum * state[0] - rate * gradient
    return weight + (momentum * v - rate * gradient if nesterov else v), (v, state[1])


# name in the config: the function and the constants that it needs next to learning_rate and decay
OPTIMIZERS = {
    "adadelta": (adadelta, {"rho", "epsilon"}),
    "rmsprop": (rmsprop, {"rho", "epsilon"}),
    "sgd": (sgd, {"momentum", "nesterov"}),
}


def learning_rate(options: dict, update: int) -> float:
    """Decay by inverse time, as in Keras 2: of updates 0, 1, ..., learning_rate / (1 + decay * update)."""
    return options["learning_rate"] / (1 + options["decay"] * update)


def check_optimizer(options: dict) -> None:
    """Raise UserError unless `options` names a known optimiser and each of its constants, and no other."""
    if options["name"] not in OPTIMIZERS:
        raise UserError(f"optimizer.name: {options['name']!r} is not one of {', '.join(OPTIMIZERS)}")
    expected = {"name", "learning_rate", "decay"} | OPTIMIZERS[options["name"]][1]
    for key in sorted(expected - set(options)):
        raise UserError(
            f"optimizer.{key} of {options['name']} is missing: matched settings name every constant"
        )
    for key in sorted(set(options) - expected):
        raise UserError(f"optimizer.{key}: the reference's {options['name']} knows no such constant")
