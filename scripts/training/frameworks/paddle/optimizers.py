"""Optimisers: PaddlePaddle's own, and the formulas of the `matched` settings on its tensors.

The formulas are those of scripts/parity/numpy_optimizers.py, where their sources are. PaddlePaddle's own
would not do: its RMSProp has epsilon inside the root, its Momentum multiplies the velocity by the present
rate, and all of them round their constants to float32.
"""

# PaddlePaddle is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

from types import MappingProxyType
from typing import Any, Callable, Dict, List, Mapping, Sequence, Tuple

from scripts.core.errors import UserError
from scripts.training.frameworks._shared.learning_rate import AROUND, CHANGES, Momenta, share

State = List[Any]  # tensors of a weight's shape, zeros at first


OTHER_NAMES = {"nesterov": "use_nesterov", "beta_1": "beta1", "beta_2": "beta2"}  # in PaddlePaddle
WITHOUT_RATE = ("rmsprop", "adagrad")  # whose learning rate has no default


def own_optimizer(options: Mapping[str, Any], always_momentum: bool = False, **more: Any) -> Tuple[Any, Any]:
    """Make PaddlePaddle's optimiser and, where the rate changes, its schedule, called after each update.

    `always_momentum`: also plain gradient descent is the class Momentum, with a momentum of 0; `more` goes to
    the optimiser's class. Raises UserError where neither the config nor PaddlePaddle names a rate.
    """
    import paddle
    from paddle import optimizer

    changing = {key: options[key] for key in CHANGES if options.get(key)}
    options = {key: value for key, value in options.items() if key not in CHANGES}
    name, norm = options.pop("name"), options.pop("clip_norm", None)
    if norm is not None:
        more["grad_clip"] = paddle.nn.ClipGradByGlobalNorm(norm)
    if options.get("l2"):  # to the gradients, but in AdamW, which has no l2
        more["weight_decay"] = options["l2"]
    options.pop("l2", None)
    if name in WITHOUT_RATE and "learning_rate" not in options:
        raise UserError(
            f"optimizer.learning_rate: PaddlePaddle's {name} has no default rate: name one in the config"
        )
    classes = {
        **{"adadelta": optimizer.Adadelta, "rmsprop": optimizer.RMSProp, "sgd": optimizer.Momentum},
        **{"adam": optimizer.Adam, "adamw": optimizer.AdamW, "nadam": optimizer.NAdam},
        "adagrad": optimizer.Adagrad,
    }
    if name == "sgd" and always_momentum:
        options = {"momentum": 0.0, **options}
    elif name == "sgd" and not options.get("momentum"):
        options = {key: options[key] for key in options if key not in ("momentum", "nesterov")}
        classes["sgd"] = optimizer.SGD
    options = {OTHER_NAMES.get(key, key): value for key, value in options.items()}
    schedule = None
    if changing:
        rate = options["learning_rate"]
        schedule = optimizer.lr.LambdaDecay(rate, lambda updates: share(changing, updates))
        options["learning_rate"] = schedule
    return classes[name](**options, **more), schedule


Constants = Mapping[str, Any]  # of a formula and of the present step, as tensors, but for `nesterov`
Step = Tuple[Any, State]


def adadelta(weight: Any, gradient: Any, state: State, by: Constants) -> Step:
    """Take a step of ADADELTA; the state is the mean squares of gradients and of changes."""
    from paddle import sqrt, square

    a = by["rho"] * state[0] + by["rest_of_rho"] * square(gradient)
    change = gradient * sqrt(state[1] + by["epsilon"]) / sqrt(a + by["epsilon"])
    u = by["rho"] * state[1] + by["rest_of_rho"] * square(change)
    return weight - by["rate"] * change, [a, u]


def rmsprop(weight: Any, gradient: Any, state: State, by: Constants) -> Step:
    """Take a step of RMSprop, epsilon outside the root; the state is the mean square of gradients."""
    from paddle import sqrt, square

    a = by["rho"] * state[0] + by["rest_of_rho"] * square(gradient)
    return weight - by["rate"] * gradient / (sqrt(a) + by["epsilon"]), [a]


def sgd(weight: Any, gradient: Any, state: State, by: Constants) -> Step:
    """Take a step of gradient descent; the state is the velocity, if there is momentum."""
    if not state:
        return weight - by["rate"] * gradient, []
    v = by["momentum"] * state[0] - by["rate"] * gradient
    return weight + (by["momentum"] * v - by["rate"] * gradient if by["nesterov"] else v), [v]


def adam(weight: Any, gradient: Any, state: State, by: Constants) -> Step:
    """Take a step of Adam or AdamW; the state is the means of gradients and of their squares."""
    from paddle import sqrt, square

    m = by["beta_1"] * state[0] + by["rest_of_beta_1"] * gradient
    v = by["beta_2"] * state[1] + by["rest_of_beta_2"] * square(gradient)
    change = m / by["correction_1"] / (sqrt(v / by["correction_2"]) + by["epsilon"])
    if "weight_decay" in by:
        change = change + by["weight_decay"] * weight
    return weight - by["rate"] * change, [m, v]


def nadam(weight: Any, gradient: Any, state: State, by: Constants) -> Step:
    """Take a step of Nadam; the state is that of Adam."""
    from paddle import sqrt, square

    m = by["beta_1"] * state[0] + by["rest_of_beta_1"] * gradient
    v = by["beta_2"] * state[1] + by["rest_of_beta_2"] * square(gradient)
    direction = by["of_mean"] * m + by["of_gradient"] * gradient
    return weight - by["rate"] * direction / (sqrt(v / by["correction_2"]) + by["epsilon"]), [m, v]


def adagrad(weight: Any, gradient: Any, state: State, by: Constants) -> Step:
    """Take a step of AdaGrad, epsilon outside the root; the state is the sum of the gradients' squares."""
    from paddle import sqrt, square

    a = state[0] + square(gradient)
    return weight - by["rate"] * gradient / (sqrt(a) + by["epsilon"]), [a]


# Each with the number of tensors in its state; without momentum that of SGD is empty.
FORMULAS: Mapping[str, Tuple[Callable[..., Step], int]] = MappingProxyType(
    {
        **{"adadelta": (adadelta, 2), "rmsprop": (rmsprop, 1), "sgd": (sgd, 1)},
        **{"adam": (adam, 2), "adamw": (adam, 2), "nadam": (nadam, 2), "adagrad": (adagrad, 1)},
    }
)


AROUND_HERE = ("clip_norm", "l2")  # are constants of a step here, too


class Formula:
    """One of these formulas with the constants of the config. `tensors`: how many a state has."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        name, self.options = options["name"], options
        numbers = {key: value for key, value in options.items() if key not in AROUND or key in AROUND_HERE}
        for mean in ("rho", "beta_1", "beta_2"):
            if mean in numbers:
                numbers[f"rest_of_{mean}"] = 1 - numbers[mean]
        self.step, self.tensors = FORMULAS[name]
        if name == "nadam":
            self.momenta = Momenta(options["beta_1"], numbers.pop("momentum_decay"))
        self.numbers: Dict[str, Any] = numbers
        if name == "sgd" and not numbers["momentum"]:
            self.tensors = 0

    def moving(self, updates: int) -> Dict[str, float]:
        """Give the numbers of the step after so many updates: the rate, and those of Adam or Nadam."""
        found = {"rate": self.options["learning_rate"] * share(self.options, updates)}
        if self.step in (adam, nadam):
            found["correction_2"] = 1 - self.numbers["beta_2"] ** (updates + 1)
        if self.step is adam:
            found["correction_1"] = 1 - self.numbers["beta_1"] ** (updates + 1)
        elif self.step is nadam:
            found["of_mean"], found["of_gradient"] = self.momenta.factors(updates + 1)
        return found

    def constants(self, precision: str) -> Dict[str, Any]:
        """Give the constants as tensors of this precision.

        Of a plain number a static program makes a float32, and oneDNN leaves out one that is added.
        """
        import paddle

        return {
            name: value if isinstance(value, bool) else paddle.full([1], value, precision)
            for name, value in self.numbers.items()
        }

    def prepared(self, gradients: Sequence[Any], weights: Sequence[Any], by: Constants) -> Sequence[Any]:
        """Clip gradients, where the config names a norm and theirs is larger, and add l2 of the weights."""
        import paddle

        if "clip_norm" in by:
            squares = sum(paddle.square(gradient).sum() for gradient in gradients)
            scale = paddle.minimum(by["clip_norm"] / paddle.sqrt(squares), paddle.ones_like(by["clip_norm"]))
            gradients = [gradient * scale for gradient in gradients]
        if "l2" in by:
            gradients = [gradient + by["l2"] * weight for gradient, weight in zip(gradients, weights)]
        return gradients

    def update(self, weight: Any, gradient: Any, state: State, by: Constants) -> None:
        """Take a step, in place; `by` has constants() and moving(), as tensors."""
        import paddle

        new, new_state = self.step(weight, gradient, state, by)
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

        moving = self.formula.moving(self.updates)
        tensors = {name: paddle.full([1], value, self.precision) for name, value in moving.items()}
        by = {**self.constants, **tensors}
        with paddle.no_grad():
            gradients = [weight.grad for weight in self.parameters]
            gradients = self.formula.prepared(gradients, self.parameters, by)
            for weight, gradient, state in zip(self.parameters, gradients, self.states):
                self.formula.update(weight, gradient, state, by)
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
