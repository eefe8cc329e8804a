"""Optimisers: Chainer's own, and the formulas of the `matched` settings.

Chainer's own would not do: its NesterovAG is not Nesterov's formula, its Adam adds epsilon before the
correction, its MomentumSGD knows no falling rate in its velocity, its AdaDelta has no rate. It has no Nadam,
which is the formula with published settings, too.
"""

# Chainer is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

from typing import Any, Dict, Mapping

from scripts.training.frameworks._shared.formulas import NADAM, Formula, check_no_rate
from scripts.training.frameworks._shared.learning_rate import AROUND, changes, share

OTHER_NAMES = {"learning_rate": "lr", "epsilon": "eps"}  # in Chainer
OF_RMSPROP = {**OTHER_NAMES, "rho": "alpha"}
OF_ADAM = {"learning_rate": "alpha", "beta_1": "beta1", "beta_2": "beta2", "epsilon": "eps"}


def make_optimizer(model: Any, options: Mapping[str, Any], matched: bool) -> Any:
    """Make the optimiser of a model. Raises UserError for a rate where Chainer has none."""
    from chainer import optimizer_hooks

    if options["name"] == "nadam":
        options, matched = {**NADAM, **options}, True
    optimizer = formula_optimizer(options) if matched else own_optimizer(options)
    optimizer.setup(model)
    if options.get("clip_norm") is not None:
        optimizer.add_hook(optimizer_hooks.GradientClipping(options["clip_norm"]))
    if options.get("l2"):
        optimizer.add_hook(optimizer_hooks.WeightDecay(options["l2"]))
    if not matched and changes(options):
        optimizer.add_hook(rate_changer(options), "rate")
    return optimizer


def own_optimizer(options: Mapping[str, Any]) -> Any:
    """Make Chainer's optimiser of the config's name; what the config does not name is Chainer's default.

    Chainer's AdamW does not multiply its decay by the rate, as AdamW of all others does, and by default has
    none.
    """
    from chainer import optimizers

    name = options["name"]
    if name == "adadelta":
        check_no_rate("Chainer", options)
    with_momentum = optimizers.NesterovAG if options.get("nesterov") else optimizers.MomentumSGD
    of_sgd = with_momentum if options.get("momentum") else optimizers.SGD
    known = {
        **{"adadelta": optimizers.AdaDelta, "rmsprop": optimizers.RMSprop, "sgd": of_sgd},
        **{"adam": optimizers.Adam, "adamw": optimizers.AdamW, "adagrad": optimizers.AdaGrad},
    }
    others = {"rmsprop": OF_RMSPROP, "adam": OF_ADAM, "adamw": OF_ADAM}.get(name, OTHER_NAMES)
    left_out = {key for key in AROUND if key != "learning_rate"} | {"nesterov", "weight_decay"}
    left_out |= {"learning_rate"} if name == "adadelta" else set()
    left_out |= set() if options.get("momentum") else {"momentum"}
    constants: Dict[str, Any] = {
        others.get(key, key): value for key, value in options.items() if key not in left_out
    }
    if "weight_decay" in options:
        rate = options.get("learning_rate", 0.001)  # Chainer's own
        constants["weight_decay_rate"] = rate * options["weight_decay"]
    return known[name](**constants)


def rate_changer(options: Mapping[str, Any]) -> Any:
    """Make a hook that sets the rate before each update; Adam's `eta` scales its rate and its decay."""
    name = "eta" if options["name"] in ("adam", "adamw") else "lr"
    first = 1.0 if name == "eta" else options["learning_rate"]

    def change(optimizer: Any) -> None:
        setattr(optimizer, name, first * share(options, optimizer.t))  # updates before this one

    return change


def formula_optimizer(options: Mapping[str, Any]) -> Any:
    """Make an optimiser that updates each weight by the formula of _shared/formulas.py."""
    import chainer
    import numpy as np

    formula = Formula(options, np.sqrt)

    class FormulaRule(chainer.optimizer.UpdateRule):
        def init_state(self, param: Any) -> None:
            self.state["arrays"] = [np.zeros_like(param.array) for _ in range(formula.states)]

        def update_core(self, param: Any) -> None:
            formula.update(param.array, param.grad, self.state["arrays"], self.t)

    class FormulaOptimizer(chainer.optimizer.GradientMethod):
        def create_update_rule(self) -> FormulaRule:
            return FormulaRule()

    return FormulaOptimizer()
