"""The optimisers of the `matched` settings as formulas on arrays, for libraries whose own differ from them.

Their sources are in scripts/parity/numpy_optimizers.py, which does not share a line with this. An array is
anything with arithmetic in place. Each formula changes the weight and its state, arrays of its shape that
begin as zeros.
"""

from types import MappingProxyType
from typing import Any, Callable, List, Mapping, NamedTuple, Tuple

from scripts.core.errors import UserError
from scripts.training.frameworks._shared.learning_rate import AROUND, Momenta, changes, share

State = List[Any]


class Update(NamedTuple):
    """What an update needs beside the arrays and the constants."""

    rate: float
    number: int  # 1 is the first one
    sqrt: Callable[[Any], Any]


# With published settings, where a library has no AdamW or Nadam: PyTorch's constants.
BETAS = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8}
ADAMW = {"learning_rate": 0.001, **BETAS, "weight_decay": 0.01}
NADAM = {"learning_rate": 0.002, **BETAS, "momentum_decay": 0.004}


class Formula:
    """The formula of the config's optimiser, with its constants and its learning rate."""

    def __init__(self, options: Mapping[str, Any], sqrt: Callable[[Any], Any]) -> None:
        self.options, self.sqrt = options, sqrt
        self.step, self.states = FORMULAS[options["name"]]  # states: arrays of a weight's shape
        self.constants = {key: value for key, value in options.items() if key not in AROUND}
        if options["name"] == "nadam":
            self.constants["momenta"] = Momenta(options["beta_1"], self.constants.pop("momentum_decay"))

    def update(self, weight: Any, gradient: Any, state: State, count: int) -> None:
        """Change a weight and its state in place; `count` is 1 in the first update."""
        rate = self.options["learning_rate"] * share(self.options, count - 1)
        self.step(weight, gradient, state, Update(rate, count, self.sqrt), **self.constants)


def adadelta(weight: Any, gradient: Any, state: State, by: Update, *, rho: float, epsilon: float) -> None:
    """Take a step of ADADELTA; the state is the mean squares of gradients and of changes."""
    a, u = state
    a *= rho
    a += (1 - rho) * gradient * gradient
    change = by.sqrt((u + epsilon) / (a + epsilon)) * gradient
    u *= rho
    u += (1 - rho) * change * change
    weight -= by.rate * change


def rmsprop(weight: Any, gradient: Any, state: State, by: Update, *, rho: float, epsilon: float) -> None:
    """Take a step of RMSprop, epsilon outside the root; the state is the mean square of gradients."""
    (a,) = state
    a *= rho
    a += (1 - rho) * gradient * gradient
    weight -= by.rate * gradient / (by.sqrt(a) + epsilon)


def sgd(
    weight: Any,
    gradient: Any,
    state: State,
    by: Update,
    *,
    momentum: float,
    nesterov: bool,
) -> None:
    """Take a step of gradient descent; the state is the velocity, which holds the rate."""
    if not momentum:
        weight -= by.rate * gradient
        return
    (v,) = state
    v *= momentum
    v -= by.rate * gradient
    weight += momentum * v - by.rate * gradient if nesterov else v


def adam(
    weight: Any,
    gradient: Any,
    state: State,
    by: Update,
    *,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    weight_decay: float = 0.0,
) -> None:
    """Take a step of Adam or AdamW; the state is the means of gradients and of their squares."""
    m, v = moved_means(state, gradient, beta_1, beta_2)
    change = m / (1 - beta_1**by.number) / (by.sqrt(v / (1 - beta_2**by.number)) + epsilon)
    if weight_decay:
        change += weight_decay * weight
    weight -= by.rate * change


def moved_means(state: State, gradient: Any, beta_1: float, beta_2: float) -> State:
    """Move the means of gradients and of their squares, in place."""
    m, v = state
    m *= beta_1
    m += (1 - beta_1) * gradient
    v *= beta_2
    v += (1 - beta_2) * gradient * gradient
    return [m, v]


def nadam(
    weight: Any,
    gradient: Any,
    state: State,
    by: Update,
    *,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    momenta: Momenta,
) -> None:
    """Take a step of Nadam; the state is that of Adam."""
    m, v = moved_means(state, gradient, beta_1, beta_2)
    of_mean, of_gradient = momenta.factors(by.number)
    root = by.sqrt(v / (1 - beta_2**by.number)) + epsilon
    weight -= by.rate * (of_mean * m + of_gradient * gradient) / root


def adagrad(weight: Any, gradient: Any, state: State, by: Update, *, epsilon: float) -> None:
    """Take a step of AdaGrad, epsilon outside the root; the state is the sum of the gradients' squares."""
    (a,) = state
    a += gradient * gradient
    weight -= by.rate * gradient / (by.sqrt(a) + epsilon)


# Each with the number of arrays in its state.
FORMULAS: Mapping[str, Tuple[Callable[..., None], int]] = MappingProxyType(
    {
        **{"adadelta": (adadelta, 2), "rmsprop": (rmsprop, 1), "sgd": (sgd, 1)},
        **{"adam": (adam, 2), "adamw": (adam, 2), "nadam": (nadam, 2), "adagrad": (adagrad, 1)},
    }
)


def check_no_rate(label: str, options: Mapping[str, Any]) -> None:
    """Raise UserError if the config names a learning rate for a library's ADADELTA that has none."""
    if options.get("learning_rate", 1) != 1 or changes(options):
        raise UserError(
            f"optimizer.learning_rate: {label}'s adadelta has none, which is a rate of 1: leave it and what"
            " changes it out, or take matched settings"
        )
