"""What each library's own optimisers do, and docs/optimizers.md, which is written from it by `make docs`.

tests/e2e/test_library_facts.py asks the installed libraries: for the constants of their signatures, and by
training with published settings, which of these formulas they compute.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import env_versions
import layer_facts
import numpy as np
from paths import ROOT

from scripts.parity import numpy_optimizers
from scripts.parity.numpy_optimizers import State, Step
from scripts.training.frameworks import registry

PAGE = ROOT / "docs" / "optimizers.md"
HEAD = """# What each library's optimisers do

Written by `make docs` from tests/support/optimizer_facts.py. The tests ask the installed libraries: for the
constants in their signatures, and by training a small network in float64 which of the formulas they compute.

An optimiser of one name is not one formula, nor has it the same constants: a network that is moved from one
library to another with an optimiser's defaults is trained otherwise. With `published` settings that is so
here, too: what the config leaves open is the library's own. With `matched` settings all compute the formula
that is marked *matched*, with the constants of the config.

In the formulas `g` is a gradient, `w` a weight, `t` = 1, 2, ... the step; all else begins as 0 unless another
start is named. `decay`, `schedule` and `warm_up` of the config change the rate from step to step.
"""


def adam_before_the_correction(
    weight: np.ndarray,
    gradient: np.ndarray,
    state: State,
    rate: float,
    *,
    beta_2: float,
    epsilon: float,
    **others: float,
) -> Step:
    """Take a step of Adam in the order of the end of its paper's section 2: epsilon is corrected, too."""
    corrected = epsilon / np.sqrt(1 - beta_2 ** (state[2] + 1))
    constants = {"beta_2": beta_2, "epsilon": corrected, **others}
    return numpy_optimizers.adam(weight, gradient, state, rate, **constants)


def nadam_with_a_fast_rise(
    weight: np.ndarray, gradient: np.ndarray, state: State, rate: float, **others: float
) -> Step:
    """Take a step of Nadam whose momentum rises by 0.96^t."""
    return numpy_optimizers.nadam(weight, gradient, state, rate, **{**others, "momentum_decay": 1.0})


def nadam_of_one_momentum(
    weight: np.ndarray, gradient: np.ndarray, state: State, rate: float, **others: float
) -> Step:
    """Take a step of Nadam whose momentum is beta_1 from the first step on."""
    return numpy_optimizers.nadam(weight, gradient, state, rate, **{**others, "momentum_decay": math.inf})


class NadamOfOneProduct:
    """Steps of Nadam that share one product of momenta, which the step of each array goes on with."""

    def __init__(self) -> None:
        self.gone, self.last = 0.0, 0.0

    def __call__(
        self, weight: np.ndarray, gradient: np.ndarray, state: State, rate: float, **others: float
    ) -> Step:
        if state[2] < self.last:  # another training
            self.gone = 0.0
        self.last = state[2]
        weight, state = numpy_optimizers.nadam(weight, gradient, (*state[:3], self.gone), rate, **others)
        self.gone = state[3]
        return weight, state


def rmsprop_inside(
    weight: np.ndarray, gradient: np.ndarray, state: State, rate: float, *, rho: float, epsilon: float
) -> Step:
    """Take a step of RMSprop with epsilon inside the root."""
    a = rho * state[0] + (1 - rho) * gradient**2
    return weight - rate * gradient / np.sqrt(a + epsilon), (a,)


def adagrad_inside(
    weight: np.ndarray, gradient: np.ndarray, state: State, rate: float, *, epsilon: float
) -> Step:
    """Take a step of AdaGrad with epsilon inside the root, and a sum that begins with 0.1."""
    a = state[0] + gradient**2
    return weight - rate * gradient / np.sqrt(0.1 + a + epsilon), (a,)


def adagrad_inside_from_zero(
    weight: np.ndarray, gradient: np.ndarray, state: State, rate: float, *, epsilon: float
) -> Step:
    """Take a step of AdaGrad with epsilon inside the root."""
    a = state[0] + gradient**2
    return weight - rate * gradient / np.sqrt(a + epsilon), (a,)


def momentum_at_the_present_rate(
    weight: np.ndarray, gradient: np.ndarray, state: State, rate: float, *, momentum: float, nesterov: bool
) -> Step:
    """Take a step of gradient descent whose velocity does not hold the rate."""
    v = momentum * state[0] + gradient
    return weight - rate * (gradient + momentum * v if nesterov else v), (v,)


def nesterov_after_the_velocity(
    weight: np.ndarray, gradient: np.ndarray, state: State, rate: float, *, momentum: float, nesterov: bool
) -> Step:
    """Take Nesterov's step with the new velocity in the place of the old one."""
    v = momentum * state[0] - rate * gradient
    return weight + momentum**2 * v - (1 + momentum) * rate * gradient, (v,)


@dataclass(frozen=True)
class Formula:
    """In words, and as a function like those of numpy_optimizers.py; the first one is the matched one."""

    words: str
    step: Callable[..., Step]


ADAM = [
    Formula(
        "`m = beta_1 m + (1 - beta_1) g`, `v = beta_2 v + (1 - beta_2) g^2`,"
        " `w -= rate m / (1 - beta_1^t) / (sqrt(v / (1 - beta_2^t)) + epsilon)`",
        numpy_optimizers.adam,
    ),
    Formula(
        "the same `m` and `v`, `w -= rate sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon)`: in"
        " the first step epsilon counts `1 / sqrt(1 - beta_2)` times as much, 32 times with 0.999",
        adam_before_the_correction,
    ),
]
FORMULAS: Mapping[str, list[Formula]] = {
    "adam": ADAM,
    "adamw": [
        Formula(f"as {number} of Adam, and `w -= rate weight_decay w`, w of before the step", one.step)
        for number, one in enumerate(ADAM, start=1)
    ],
    "nadam": [
        Formula(
            "`m` and `v` of Adam, `mu_t = beta_1 (1 - 0.96^(t momentum_decay) / 2)`,"
            " `M_t = mu_1 mu_2 ... mu_t`, `d = mu_(t+1) m / (1 - M_(t+1)) + (1 - mu_t) g / (1 - M_t)`,"
            " `w -= rate d / (sqrt(v / (1 - beta_2^t)) + epsilon)`",
            numpy_optimizers.nadam,
        ),
        Formula(
            "the same with `mu_t = beta_1 (1 - 0.96^t / 2)`: after 50 steps the momentum is 0.94 of beta_1,"
            " not 0.50 as with a `momentum_decay` of 0.004",
            nadam_with_a_fast_rise,
        ),
        Formula("the same with `mu_t = beta_1` in all steps", nadam_of_one_momentum),
        Formula(
            "as 1, but all arrays of weights share `M`, and the step of each multiplies it by `mu_t`: what"
            " a weight becomes depends on how many arrays come before it",
            NadamOfOneProduct(),
        ),
    ],
    "adagrad": [
        Formula("`a = a + g^2`, `w -= rate g / (sqrt(a) + epsilon)`", numpy_optimizers.adagrad),
        Formula(
            "`a = a + g^2`, beginning with 0.1, `w -= rate g / sqrt(a + epsilon)`",
            adagrad_inside,
        ),
        Formula("`a = a + g^2`, `w -= rate g / sqrt(a + epsilon)`", adagrad_inside_from_zero),
    ],
    "rmsprop": [
        Formula("`a = rho a + (1 - rho) g^2`, `w -= rate g / (sqrt(a) + epsilon)`", numpy_optimizers.rmsprop),
        Formula("the same `a`, `w -= rate g / sqrt(a + epsilon)`", rmsprop_inside),
    ],
    "adadelta": [
        Formula(
            "`a = rho a + (1 - rho) g^2`, `d = g sqrt(u + epsilon) / sqrt(a + epsilon)`,"
            " `u = rho u + (1 - rho) d^2`, `w -= rate d`",
            numpy_optimizers.adadelta,
        )
    ],
    "sgd": [
        Formula(
            "`v = momentum v - rate g`, `w += v`: the velocity holds the rates of its steps",
            numpy_optimizers.sgd,
        ),
        Formula(
            "`v = momentum v + g`, `w -= rate v`: the present rate for all of it, which is the same while the"
            " rate stays",
            momentum_at_the_present_rate,
        ),
    ],
    "nesterov": [
        Formula(
            "`v = momentum v - rate g`, `w += momentum v - rate g`, w of the point that looks ahead",
            numpy_optimizers.sgd,
        ),
        Formula(
            "`v = momentum v + g`, `w -= rate (g + momentum v)`: the present rate for all of it, which is the"
            " same while the rate stays",
            momentum_at_the_present_rate,
        ),
        Formula(
            "`v = momentum v - rate g`, `w += momentum^2 v - (1 + momentum) rate g`: Nesterov's formula has"
            " the velocity of before the step there, so that its first step, with a momentum of 0.9, is 1.9"
            " `rate g`, and this one's 2.71",
            nesterov_after_the_velocity,
        ),
    ],
}
TITLES = {"adam": "Adam", "adamw": "AdamW", "nadam": "Nadam", "adagrad": "AdaGrad", "rmsprop": "RMSprop"}
TITLES |= {"adadelta": "Adadelta", "sgd": "Gradient descent with momentum"}
TITLES["nesterov"] = "Gradient descent with Nesterov's momentum"


@dataclass(frozen=True)
class Fact:
    """A library's optimiser: the number of its formula, and its own constants, None where it has none."""

    formula: int
    constants: dict[str, float | None]
    note: str = ""


BETAS, DECAY = {"beta_1": 0.9, "beta_2": 0.999}, {"momentum_decay": 0.004}
KERAS_3 = {
    "adam": Fact(1, {"learning_rate": 0.001, **BETAS, "epsilon": 1e-7}),
    "adamw": Fact(1, {"learning_rate": 0.001, **BETAS, "epsilon": 1e-7, "weight_decay": 0.004}),
    "nadam": Fact(1, {"learning_rate": 0.001, **BETAS, "epsilon": 1e-7}),
    "adagrad": Fact(1, {"learning_rate": 0.001, "initial_accumulator_value": 0.1, "epsilon": 1e-7}),
    "rmsprop": Fact(1, {"learning_rate": 0.001, "rho": 0.9, "epsilon": 1e-7}),
    "adadelta": Fact(0, {"learning_rate": 0.001, "rho": 0.95, "epsilon": 1e-7}),
    "sgd": Fact(0, {"learning_rate": 0.01, "momentum": 0.0}),
    "nesterov": Fact(0, {"learning_rate": 0.01, "momentum": 0.0}),
}
NO_ADAMW = "has none: the matched formula, with PyTorch's decay and Keras's other constants"
KERAS_2 = {
    "adam": Fact(1, {"learning_rate": 0.001, **BETAS, "epsilon": 1e-7}),
    "adamw": Fact(0, {}, NO_ADAMW),
    "nadam": Fact(0, {"learning_rate": 0.002, **BETAS, "epsilon": 1e-7, **DECAY}),
    "adagrad": Fact(0, {"learning_rate": 0.01, "epsilon": 1e-7}),
    "rmsprop": Fact(0, {"learning_rate": 0.001, "rho": 0.9, "epsilon": 1e-7}),
    "adadelta": Fact(0, {"learning_rate": 1.0, "rho": 0.95, "epsilon": 1e-7}),
    "sgd": Fact(0, {"learning_rate": 0.01, "momentum": 0.0}),
    "nesterov": Fact(0, {"learning_rate": 0.01, "momentum": 0.0}),
}
OURS = "has none: "
FACTS: Mapping[str, Mapping[str, Fact]] = {
    "tensorflow": KERAS_3,
    "keras_jax": KERAS_3,
    "keras_torch": KERAS_3,
    "pytorch": {
        "adam": Fact(0, {"learning_rate": 0.001, **BETAS, "epsilon": 1e-8}),
        "adamw": Fact(0, {"learning_rate": 0.001, **BETAS, "epsilon": 1e-8, "weight_decay": 0.01}),
        "nadam": Fact(0, {"learning_rate": 0.002, **BETAS, "epsilon": 1e-8, **DECAY}),
        "adagrad": Fact(0, {"learning_rate": 0.01, "initial_accumulator_value": 0.0, "epsilon": 1e-10}),
        "rmsprop": Fact(0, {"learning_rate": 0.01, "rho": 0.99, "epsilon": 1e-8}),
        "adadelta": Fact(0, {"learning_rate": 1.0, "rho": 0.9, "epsilon": 1e-6}),
        "sgd": Fact(1, {"learning_rate": 0.001, "momentum": 0.0}),
        "nesterov": Fact(1, {"learning_rate": 0.001, "momentum": 0.0}),
    },
    "theano": KERAS_2,
    "cntk": KERAS_2,
    "jax": {
        "adam": Fact(0, {"learning_rate": None, **BETAS, "epsilon": 1e-8}, "rate: the paper's 0.001"),
        "adamw": Fact(
            0,
            {"learning_rate": None, **BETAS, "epsilon": 1e-8, "weight_decay": 1e-4},
            "rate: the paper's 0.001",
        ),
        "nadam": Fact(2, {"learning_rate": None, **BETAS, "epsilon": 1e-8}),
        "adagrad": Fact(1, {"learning_rate": None, "initial_accumulator_value": 0.1, "epsilon": 1e-7}),
        "rmsprop": Fact(1, {"learning_rate": None, "rho": 0.9, "epsilon": 1e-8}),
        "adadelta": Fact(
            0,
            {"learning_rate": None, "rho": 0.9, "epsilon": 1e-6},
            "rate: the paper's, 1; without one Optax leaves out the sign, too, and climbs",
        ),
        "sgd": Fact(1, {"learning_rate": None, "momentum": None}),
        "nesterov": Fact(1, {"learning_rate": None, "momentum": None}),
    },
    "paddle": {
        "adam": Fact(0, {"learning_rate": 0.001, **BETAS, "epsilon": 1e-8}),
        "adamw": Fact(0, {"learning_rate": 0.001, **BETAS, "epsilon": 1e-8, "weight_decay": 0.01}),
        "nadam": Fact(0, {"learning_rate": 0.002, **BETAS, "epsilon": 1e-8, **DECAY}),
        "adagrad": Fact(0, {"learning_rate": None, "initial_accumulator_value": 0.0, "epsilon": 1e-6}),
        "rmsprop": Fact(1, {"learning_rate": None, "rho": 0.95, "epsilon": 1e-6}),
        "adadelta": Fact(0, {"learning_rate": 0.001, "rho": 0.95, "epsilon": 1e-6}),
        "sgd": Fact(1, {"learning_rate": 0.001, "momentum": 0.9}, "Momentum; without momentum: SGD"),
        "nesterov": Fact(1, {"learning_rate": 0.001, "momentum": 0.9}, "Momentum"),
    },
    "mxnet": {
        "adam": Fact(1, {"learning_rate": 0.001, **BETAS, "epsilon": 1e-8}),
        "adamw": Fact(0, {}, "has none: the matched formula, with PyTorch's constants"),
        "nadam": Fact(3, {"learning_rate": 0.001, **BETAS, "epsilon": 1e-8, **DECAY}),
        "adagrad": Fact(2, {"learning_rate": 0.01, "epsilon": 1e-7}),
        "rmsprop": Fact(1, {"learning_rate": 0.001, "rho": 0.9, "epsilon": 1e-8}),
        "adadelta": Fact(0, {"rho": 0.9, "epsilon": 1e-5}, "takes a rate, and steps as with one of 1"),
        "sgd": Fact(0, {"learning_rate": 0.01, "momentum": 0.0}),
        "nesterov": Fact(0, {"learning_rate": 0.01, "momentum": 0.0}, "NAG"),
    },
    "chainer": {
        "adam": Fact(1, {"learning_rate": 0.001, **BETAS, "epsilon": 1e-8}),
        "adamw": Fact(
            1,
            {"learning_rate": 0.001, **BETAS, "epsilon": 1e-8, "weight_decay": 0},
            "its decay is not times the rate: it is given the product",
        ),
        "nadam": Fact(0, {}, "has none: the matched formula, with PyTorch's constants"),
        "adagrad": Fact(0, {"learning_rate": 0.001, "epsilon": 1e-8}),
        "rmsprop": Fact(0, {"learning_rate": 0.01, "rho": 0.99, "epsilon": 1e-8}),
        "adadelta": Fact(0, {"rho": 0.95, "epsilon": 1e-6}, "has no rate: 1"),
        "sgd": Fact(0, {"learning_rate": 0.01, "momentum": 0.9}, "MomentumSGD; without momentum: SGD"),
        "nesterov": Fact(2, {"learning_rate": 0.01, "momentum": 0.9}, "NesterovAG"),
    },
    "pytensor": {
        name: Fact(0, {}, f"{OURS}the matched formula, with the constants of Keras 2.3.1")
        for name in ("adam", "nadam", "adagrad", "rmsprop", "adadelta", "sgd", "nesterov")
    }
    | {"adamw": Fact(0, {}, f"{OURS}the matched formula, as for Theano")},
}
WORDS = {"learning_rate": "rate", "initial_accumulator_value": "a begins with"}


def files() -> dict[Any, str]:
    """Return the page, {path: text}."""
    parts = [*map(section, FORMULAS), layer_facts.section(layer_facts.AROUND)]
    return {PAGE: "\n".join([HEAD, env_versions.table(FACTS), *parts])}


def section(name: str) -> str:
    """Return the section of one optimiser."""
    kinds, rows = FORMULAS[name], []
    for number, formula in enumerate(kinds, start=1):
        rows.append(f"{number}. {formula.words}{' (*matched*)' if number == 1 else ''}")
    rows += ["", "| library | formula | its own constants | |", "| --- | --- | --- | --- |"]
    for framework, facts in FACTS.items():
        fact = facts[name]
        label = registry.framework(framework).label
        rows.append(f"| {label} | {fact.formula + 1} | {constants(fact)} | {fact.note} |")
    return "\n".join([f"## {TITLES[name]}\n", *rows, ""])


def constants(fact: Fact) -> str:
    """Return the constants in words."""
    parts = [
        f"{WORDS.get(name, name)} {'none' if value is None else f'{value:g}'}"
        for name, value in fact.constants.items()
    ]
    return ", ".join(parts) or "-"
