"""The learning rate of the config after so many updates, and Nadam's momentum, for any library."""

import math
import operator
from typing import Any, Callable, List, Mapping, NamedTuple, Tuple

Options = Mapping[str, Any]  # of `optimizer` in the config
CHANGES = ("decay", "schedule", "warm_up")  # keys that change the rate from update to update
# Keys that are no constants of an optimiser's formula.
AROUND = ("name", "learning_rate", *CHANGES, "clip_norm", "l2")


class Mathematics(NamedTuple):
    """Functions of a library's tensors; `number` makes one of a number, in the network's precision."""

    cos: Callable[[Any], Any]
    floor: Callable[[Any], Any]
    smaller: Callable[[Any, Any], Any]
    number: Callable[[float], Any] = float
    power: Callable[[Any, Any], Any] = operator.pow


FINAL = 0.01  # part of the rate that a cosine leaves, if the config does not say
PLAIN = Mathematics(math.cos, math.floor, min)


def changes(options: Options) -> bool:
    """Return whether the rate changes from update to update."""
    return any(options.get(key) for key in CHANGES)


def share(options: Options, updates: Any, of: Mathematics = PLAIN) -> Any:
    """Give the share of the learning rate after so many updates: 0 before the first one.

    The product of what the config names: 1 / (1 + decay * updates), a schedule, and a warm-up, which rises
    in equal steps. Cosine: Loshchilov and Hutter, SGDR, arXiv:1608.03983, equation 5, without restarts.
    """
    one, found = of.number(1), of.number(1)
    if options.get("decay"):
        found = found / (one + of.number(options["decay"]) * updates)
    schedule: Mapping[str, Any] = options.get("schedule") or {"type": None}
    if schedule["type"] == "step":
        steps = of.floor(updates / of.number(schedule["updates"]))
        found = found * of.power(of.number(schedule["factor"]), steps)
    elif schedule["type"] == "cosine":
        done = of.smaller(updates / of.number(schedule["updates"]), one)
        final = of.number(schedule.get("final", FINAL))
        found = found * (final + (one - final) * (one + of.cos(of.number(math.pi) * done)) / of.number(2))
    if options.get("warm_up"):
        found = found * of.smaller((updates + one) / of.number(options["warm_up"]), one)
    return found


LOG_OF_RISE = math.log(0.96)  # of Dozat's schedule: see scripts/parity/numpy_optimizers.py


class Momenta:
    """Nadam's momentum of every step, in plain numbers."""

    def __init__(self, beta_1: float, momentum_decay: float) -> None:
        self.beta_1, self.rise = beta_1, momentum_decay * LOG_OF_RISE
        self.products: List[float] = [1.0]  # of the momenta of so many steps

    def momentum(self, number: int) -> float:
        """Give the momentum of a step; 1 is the first one."""
        return self.beta_1 * (1 - math.exp(number * self.rise) / 2)

    def factors(self, number: int) -> Tuple[float, float]:
        """Give what a step multiplies the mean of gradients, and its gradient, by."""
        for step in range(len(self.products), number + 2):
            self.products.append(self.products[-1] * self.momentum(step))
        now, then = self.products[number : number + 2]
        return self.momentum(number + 1) / (1 - then), (1 - self.momentum(number)) / (1 - now)
