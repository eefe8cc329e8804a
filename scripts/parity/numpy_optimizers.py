"""The optimisers of the `matched` settings as formulas, in plain NumPy.

Each takes a weight, its gradient, its state, the learning rate and constants, and returns the new weight
and state. A state begins as BEFORE.
"""

import math

import numpy as np

from scripts.core.errors import UserError
from scripts.training.frameworks._shared import learning_rate

State = tuple[np.ndarray | float, ...]
Step = tuple[np.ndarray, State]
BEFORE: State = (0.0, 0.0, 0.0, 0.0)  # as many zeros as the longest state has


def adadelta(
    weight: np.ndarray, gradient: np.ndarray, state: State, rate: float, *, rho: float, epsilon: float
) -> Step:
    """Take a step of ADADELTA.

    Zeiler, ADADELTA, an adaptive learning rate method, arXiv:1212.5701, algorithm 1, with a learning rate
    (the paper has none: 1); epsilon is inside both roots.

    a = rho a + (1 - rho) g^2;  d = g sqrt(u + epsilon) / sqrt(a + epsilon);
    u = rho u + (1 - rho) d^2;  w = w - rate d
    """
    a, u, *_ = state
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
    return weight - rate * gradient / (np.sqrt(a) + epsilon), (a,)


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
    return weight + (momentum * v - rate * gradient if nesterov else v), (v,)


def adam(
    weight: np.ndarray,
    gradient: np.ndarray,
    state: State,
    rate: float,
    *,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    weight_decay: float = 0.0,
) -> Step:
    """Take a step of Adam, or with a weight decay of AdamW.

    Kingma and Ba, Adam: a method for stochastic optimization, arXiv:1412.6980, algorithm 1: epsilon is added
    to the root of the corrected mean. The decay is decoupled from the gradient, and times the rate:
    Loshchilov and Hutter, Decoupled weight decay regularization, arXiv:1711.05101, algorithm 2.

    m = beta_1 m + (1 - beta_1) g;  v = beta_2 v + (1 - beta_2) g^2;  in step t = 1, 2, ...
    w = w - rate (m / (1 - beta_1^t) / (sqrt(v / (1 - beta_2^t)) + epsilon) + weight_decay w)
    """
    m, v, t, *_ = state
    m = beta_1 * m + (1 - beta_1) * gradient
    v = beta_2 * v + (1 - beta_2) * gradient**2
    t += 1
    change = m / (1 - beta_1**t) / (np.sqrt(v / (1 - beta_2**t)) + epsilon)
    return weight - rate * (change + weight_decay * weight), (m, v, t)


def nadam(
    weight: np.ndarray,
    gradient: np.ndarray,
    state: State,
    rate: float,
    *,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    momentum_decay: float,
) -> Step:
    """Take a step of Nadam.

    Dozat, Incorporating Nesterov momentum into Adam, ICLR 2016, workshop track, with the rising momentum of
    its experiments, whose decay PyTorch names so: 0.004 there. The state holds 1 - M.

    m and v of Adam;  mu_t = beta_1 (1 - 0.96^(t momentum_decay) / 2);  M_t = mu_1 mu_2 ... mu_t;
    d = mu_(t+1) m / (1 - M_(t+1)) + (1 - mu_t) g / (1 - M_t)
    w = w - rate d / (sqrt(v / (1 - beta_2^t)) + epsilon)
    """
    m, v, t, gone = state
    m = beta_1 * m + (1 - beta_1) * gradient
    v = beta_2 * v + (1 - beta_2) * gradient**2
    t += 1
    now, then = (beta_1 * (1 - 0.96 ** (step * momentum_decay) / 2) for step in (t, t + 1))
    gone = 1 - (1 - gone) * now
    direction = then * m / (1 - (1 - gone) * then) + (1 - now) * gradient / gone
    change = direction / (np.sqrt(v / (1 - beta_2**t)) + epsilon)
    return weight - rate * change, (m, v, t, gone)


def adagrad(weight: np.ndarray, gradient: np.ndarray, state: State, rate: float, *, epsilon: float) -> Step:
    """Take a step of AdaGrad.

    Duchi et al., Adaptive subgradient methods for online learning and stochastic optimization, JMLR 12, 2011,
    figure 1, with diagonal matrices: the sum starts at zero, and epsilon is outside the root.

    a = a + g^2;  w = w - rate g / (sqrt(a) + epsilon)
    """
    a = state[0] + gradient**2
    return weight - rate * gradient / (np.sqrt(a) + epsilon), (a,)


ADAM = {"beta_1", "beta_2", "epsilon"}
# name in the config: the function and the constants that it needs next to learning_rate and decay
OPTIMIZERS = {
    "adadelta": (adadelta, {"rho", "epsilon"}),
    "rmsprop": (rmsprop, {"rho", "epsilon"}),
    "sgd": (sgd, {"momentum", "nesterov"}),
    "adam": (adam, ADAM),
    "adamw": (adam, ADAM | {"weight_decay"}),
    "nadam": (nadam, ADAM | {"momentum_decay"}),
    "adagrad": (adagrad, {"epsilon"}),
}


def clipped(gradients: list[np.ndarray], norm: float | None) -> list[np.ndarray]:
    """Scale all gradients down together to this norm, if there is one and their common one is larger.

    Pascanu et al., On the difficulty of training recurrent neural networks, ICML 2013, algorithm 1.
    """
    found = math.sqrt(sum(float((gradient**2).sum()) for gradient in gradients))
    return [gradient * (norm / found) for gradient in gradients] if norm and found > norm else gradients


def with_l2(gradients: list[np.ndarray], weights: list[np.ndarray], share: float | None) -> list[np.ndarray]:
    """Add this share of the weights, if there is one, to their gradients.

    It is the gradient of share / 2 times their squares: Krogh and Hertz, A simple weight decay can improve
    generalization, NIPS 1991, equation 2.

    g = g + share w
    """
    if not share:
        return gradients
    return [gradient + share * weight for gradient, weight in zip(gradients, weights, strict=True)]


def check_optimizer(options: dict) -> None:
    """Raise UserError unless `options` names a known optimiser and each of its constants, and no other."""
    if options["name"] not in OPTIMIZERS:
        raise UserError(f"optimizer.name: {options['name']!r} is not one of {', '.join(OPTIMIZERS)}")
    expected = {"name", "learning_rate", "decay"} | OPTIMIZERS[options["name"]][1]
    optional = set(learning_rate.AROUND)
    for key in sorted(expected - set(options)):
        raise UserError(
            f"optimizer.{key} of {options['name']} is missing: matched settings name every constant"
        )
    if options["name"] == "adamw":
        optional.remove("l2")
    for key in sorted(set(options) - expected - optional):
        raise UserError(f"optimizer.{key}: the reference's {options['name']} knows no such constant")
