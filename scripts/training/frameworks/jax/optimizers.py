"""The optimisers of the config in Optax."""

# JAX and Optax are not installed where types are checked.
# pyright: reportMissingModuleSource=false, reportMissingImports=false

import math
from typing import Any, Callable, Dict, Mapping, NamedTuple, Tuple, Union

from scripts.core.errors import UserError
from scripts.training.frameworks._shared.learning_rate import (
    AROUND,
    LOG_OF_RISE,
    Mathematics,
    changes,
    share,
)

# Optax's adadelta() without a rate does not descend: it leaves rate and sign to the caller. Zeiler's
# ADADELTA, arXiv:1212.5701, has no rate, which is a rate of 1. Those of Adam and AdamW, arXiv:1412.6980 and
# arXiv:1711.05101, begin their algorithms.
RATE_OF_THE_PAPER = {"adadelta": 1.0, "adam": 0.001, "adamw": 0.001}
OTHER_NAMES = {"epsilon": "eps", "beta_1": "b1", "beta_2": "b2"}  # in Optax
OTHER_NAMES_OF_RMSPROP = {**OTHER_NAMES, "rho": "decay"}


def first_rate(options: Mapping[str, Any]) -> float:
    """Give the learning rate at the start. Raises UserError where neither config nor paper names one."""
    rate = options.get("learning_rate", RATE_OF_THE_PAPER.get(options["name"]))
    if rate is None:
        raise UserError(
            f"optimizer.learning_rate: Optax's {options['name']} has no default rate: name one in the config"
        )
    return rate


def learning_rate(options: Mapping[str, Any]) -> Union[float, Callable[[Any], Any]]:
    """Give the rate, or the function of the updates that gives it, if it changes."""
    from jax import numpy as jnp

    rate, of = first_rate(options), Mathematics(jnp.cos, jnp.floor, jnp.minimum)
    return (lambda updates: rate * share(options, updates, of)) if changes(options) else rate


def make_optimizer(options: Mapping[str, Any], matched: bool) -> Any:
    """Make the Optax optimiser of the config's options; what they do not name is Optax's default."""
    import optax

    first = []
    if options.get("clip_norm"):
        first.append(optax.clip_by_global_norm(options["clip_norm"]))
    if options.get("l2"):
        first.append(optax.add_decayed_weights(options["l2"]))
    made = of_gradients(options, matched)
    return optax.chain(*first, made) if first else made


def of_gradients(options: Mapping[str, Any], matched: bool) -> Any:
    """Make the optimiser of gradients that are clipped, and have their share of the weights, already."""
    import optax

    name, rate = options["name"], learning_rate(options)
    others = OTHER_NAMES_OF_RMSPROP if name == "rmsprop" else OTHER_NAMES
    constants: Dict[str, Any] = {
        others.get(key, key): value for key, value in options.items() if key not in AROUND
    }
    if matched and name == "rmsprop":
        constants["eps_in_sqrt"] = False
    if name == "sgd" and not constants.get("momentum"):  # of 0 Optax keeps a velocity, and updates it
        return optax.sgd(rate)
    if matched and name == "sgd":  # sgd() multiplies the whole velocity by the present rate
        return optax.chain(
            optax.scale_by_learning_rate(rate),
            optax.trace(decay=constants["momentum"], nesterov=constants["nesterov"]),
        )
    if matched and name == "adagrad":
        return optax.chain(adagrad(constants["eps"]), optax.scale_by_learning_rate(rate))
    if matched and name == "nadam":
        return optax.chain(nadam(**constants), optax.scale_by_learning_rate(rate))
    known = {
        **{"adadelta": optax.adadelta, "rmsprop": optax.rmsprop, "sgd": optax.sgd},
        **{"adam": optax.adam, "adamw": optax.adamw, "nadam": optax.nadam, "adagrad": optax.adagrad},
    }
    return known[name](rate, **constants)


def adagrad(epsilon: float) -> Any:
    """Make AdaGrad's direction: the sum from 0, epsilon outside the root; Optax has 0.1, and inside."""
    import jax
    import optax

    def update(gradients: Any, sums: Any, weights: Any = None) -> Tuple[Any, Any]:
        sums = jax.tree.map(lambda a, g: a + g * g, sums, gradients)
        return jax.tree.map(lambda a, g: g / (jax.numpy.sqrt(a) + epsilon), sums, gradients), sums

    return optax.GradientTransformation(lambda weights: jax.tree.map(jax.numpy.zeros_like, weights), update)


class NadamState(NamedTuple):
    """State of Nadam: steps so far, 1 - the product of their momenta, means of gradients and of squares."""

    steps: Any
    gone: Any
    means: Any
    squares: Any


def nadam(b1: float, b2: float, eps: float, momentum_decay: float) -> Any:
    """Make Nadam's direction, with a rising momentum; Optax's has the same one in all steps."""
    import jax
    import optax
    from jax import numpy as jnp

    def init(weights: Any) -> NadamState:
        # Each has an array of its own: the tuned step takes their memory, which it can do once alone.
        numbers = [jnp.zeros((), jax.tree.leaves(weights)[0].dtype) for _ in range(2)]
        return NadamState(*numbers, *(jax.tree.map(jnp.zeros_like, weights) for _ in range(2)))

    def update(gradients: Any, state: NadamState, weights: Any = None) -> Tuple[Any, NadamState]:
        means = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, state.means, gradients)
        squares = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g * g, state.squares, gradients)
        steps, rise = state.steps + 1, momentum_decay * LOG_OF_RISE
        now, then = (b1 * (1 - jnp.exp(step * rise) / 2) for step in (steps, steps + 1))
        gone = 1 - (1 - state.gone) * now
        of_mean, of_gradient = then / (1 - (1 - gone) * then), (1 - now) / gone
        correction = -jnp.expm1(steps * math.log(b2)) if b2 else 1.0

        def direction(m: Any, v: Any, g: Any) -> Any:
            return (of_mean * m + of_gradient * g) / (jnp.sqrt(v / correction) + eps)

        found = jax.tree.map(direction, means, squares, gradients)
        return found, NadamState(steps, gone, means, squares)

    return optax.GradientTransformation(init, update)
