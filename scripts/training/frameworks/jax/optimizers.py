"""The optimisers of the config in Optax."""

# JAX and Optax are not installed where types are checked.
# pyright: reportMissingModuleSource=false, reportMissingImports=false

from typing import Any, Callable, Dict, Mapping, Union

from scripts.core.errors import UserError

# Optax's adadelta() without a rate does not descend: it leaves rate and sign to the caller. Zeiler's
# ADADELTA, arXiv:1212.5701, has no rate, which is a rate of 1.
RATE_OF_THE_PAPER = {"adadelta": 1.0}
OTHER_NAMES = {"epsilon": "eps"}  # in Optax
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
    """Give the rate, or its schedule, rate / (1 + decay * updates), if the config names a decay."""
    rate, decay = first_rate(options), options.get("decay", 0)
    return (lambda updates: rate / (1 + decay * updates)) if decay else rate


def make_optimizer(options: Mapping[str, Any], matched: bool) -> Any:
    """Make the Optax optimiser of the config's options; what they do not name is Optax's default."""
    import optax

    name, rate = options["name"], learning_rate(options)
    others = OTHER_NAMES_OF_RMSPROP if name == "rmsprop" else OTHER_NAMES
    constants: Dict[str, Any] = {
        others.get(key, key): value
        for key, value in options.items()
        if key not in ("name", "learning_rate", "decay")
    }
    if matched and name == "rmsprop":
        constants["eps_in_sqrt"] = False
    if matched and name == "sgd":  # sgd() multiplies the whole velocity by the present rate
        return optax.chain(
            optax.scale_by_learning_rate(rate),
            optax.trace(decay=constants["momentum"], nesterov=constants["nesterov"]),
        )
    return {"adadelta": optax.adadelta, "rmsprop": optax.rmsprop, "sgd": optax.sgd}[name](rate, **constants)
