"""Optimisers: PaddlePaddle's own, and the formulas of the `matched` settings on its tensors.

The formulas are those of scripts/parity/numpy_optimizers.py, where their sources are. PaddlePaddle's own
would not do: its RMSProp has epsilon inside the root, its Momentum multiplies the velocity by the present
rate, and all of them round their constants to float32.
"""

# PaddlePaddle is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

from typing import Any, Callable, Dict, List, Mapping, Sequence, Tuple

State = List[Any]  # tensors of a weight's shape, zeros at first


def own_optimizer(options: Mapping[str, Any], **more: Any) -> Tuple[Any, Any]:
    """Make PaddlePaddle's optimiser and, if the config names a decay, its schedule.

    That is lr / (1 + decay * updates), also in PaddlePaddle's words. `more` goes to the optimiser's class.
    """
    from paddle import optimizer

    options = dict(options)
    name, decay = options.pop("name"), options.pop("decay", 0)
    classes = {"adadelta": optimizer.Adadelta, "rmsprop": optimizer.RMSProp, "sgd": optimizer.Momentum}
    if name == "sgd" and not options.get("momentum"):
        options = {key: options[key] for key in options if key not in ("momentum", "nesterov")}
        classes["sgd"] = optimizer.SGD
    options = {{"nesterov": "use_nesterov"}.get(key, key): value for key, value in options.items()}
    schedule = optimizer.lr.InverseTimeDecay(options["learning_rate"], decay) if decay else None
    if schedule:
        options["learning_rate"] = schedule
    return classes[name](**options, **more), schedule


Constants = Mapping[str, Any]  # of a formula, as tensors, but for `nesterov`
Step = Tuple[Any, State]


def adadelta(weight: Any, gradient: Any, state: State, rate: Any, constants: Constants) -> Step:
    """Take a step of ADADELTA; the state is the mean squares of gradients and of changes."""
    from paddle import sqrt, square

    rho, rest, epsilon = constants["rho"], constants["rest"], constants["epsilon"]
    a = rho * state[0] + rest * square(gradient)
    change = gradient * sqrt(state[1] + epsilon) / sqrt(a + epsilon)
    u = rho * state[1] + rest * square(change)
    return weight - rate * change, [a, u]


def rmsprop(weight: Any, gradient: Any, state: State, rate: Any, constants: Constants) -> Step:
    """Take a step of RMSprop, epsilon outside the root; the state is the mean square of gradients."""
    from paddle import sqrt, square

    a = constants["rho"] * state[0] + constants["rest"] * square(gradient)
    return weight - rate * gradient / (sqrt(a) + constants["epsilon"]), [a]


def sgd(weight: Any, gradient: Any, state: State, rate: Any, constants: Constants) -> Step:
    """Take a step of gradient descent; the state is the velocity, if there is momentum."""
    if not state:
        return weight - rate * gradient, []
    v = constants["momentum"] * state[0] - rate * gradient
    return weight + (constants["momentum"] * v - rate * gradient if constants["nesterov"] else v), [v]


class Formula:
    """One of these formulas with the constants of the config. `tensors`: how many a state has."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        numbers = dict(options)
        self.name, self.first_rate = numbers.pop("name"), numbers.pop("learning_rate")
        self.decay = numbers.pop("decay")
        if "rho" in numbers:
            numbers["rest"] = 1 - numbers["rho"]
        self.numbers: Dict[str, Any] = numbers
        self.tensors = {"adadelta": 2, "rmsprop": 1, "sgd": 1 if numbers.get("momentum") else 0}[self.name]

    def rate(self, updates: int) -> float:
        """Give the learning rate after so many updates."""
        return self.first_rate / (1 + self.decay * updates)

    def constants(self, precision: str) -> Dict[str, Any]:
        """Give the constants as tensors of this precision.

        Of a plain number a static program makes a float32, and oneDNN leaves out one that is added.
        """
        import paddle

        return {
            name: value if isinstance(value, bool) else paddle.full([1], value, precision)
            for name, value in self.numbers.items()
        }

    def update(self, weight: Any, gradient: Any, state: State, rate: Any, constants: Constants) -> None:
        """Take a step, in place; the rate is a tensor, too."""
        import paddle

        formulas: Dict[str, Callable[..., Step]] = {"adadelta": adadelta, "rmsprop": rmsprop, "sgd": sgd}
        new, new_state = formulas[self.name](weight, gradient, state, rate, constants)
        for tensor, value in zip([weight, *state], [new, *new_state]):
            paddle.assign(value, output=tensor)


class FormulaOptimizer:
    """A formula with the calls of PaddlePaddle's optimisers, for its dynamic graph."""

    def __init__(self, parameters: Sequence[Any], options: Mapping[str, Any]) -> None:
        import paddle

        self.formula, self.parameters, self.updates = Formula(options), list(parameters), 0
        self.precision = paddle.get_default_dtype()
        self.constants = self.formula.constants(self.precision)
        zeros = range(self.formula.tensors)
        self.states = [[paddle.zeros_like(weight) for _ in zeros] for weight in self.parameters]

    def step(self) -> None:
        """Update all parameters by their gradients."""
        import paddle

        rate = paddle.full([1], self.formula.rate(self.updates), self.precision)
        with paddle.no_grad():
            for weight, state in zip(self.parameters, self.states):
                self.formula.update(weight, weight.grad, state, rate, self.constants)
        self.updates += 1

    def clear_grad(self) -> None:
        """Forget the gradients."""
        for weight in self.parameters:
            weight.clear_gradient(set_to_zero=False)

    def state_dict(self) -> Dict[str, Any]:
        """Give all that a step changes, but for the parameters."""
        return {"updates": self.updates, "states": self.states}

    def set_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go back to what state_dict() gave."""
        self.updates, self.states = state["updates"], state["states"]
