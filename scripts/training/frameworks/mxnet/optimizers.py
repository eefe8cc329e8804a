"""Optimisers: MXNet's own, and the formulas of the `matched` settings.

MXNet's own would not do: its RMSProp and AdaGrad have epsilon inside the root, its Adam adds it to the root
before the correction, its Nadam has one product of momenta, which each weight array goes on with, its
AdaDelta has no rate, and all of them round their constants to float32. It has no AdamW, which is the formula
with published settings, too.
"""

# MXNet is not installed where types are checked: see typings/.
# pyright: reportMissingModuleSource=false

from typing import Any, Dict, List, Mapping, Sequence

from scripts.training.frameworks._shared.formulas import ADAMW, Formula, check_no_rate
from scripts.training.frameworks._shared.learning_rate import AROUND, changes, share

OTHER_NAMES = {"beta_1": "beta1", "beta_2": "beta2", "rho": "gamma1"}  # in MXNet


def make_optimizer(options: Mapping[str, Any], matched: bool) -> Any:
    """Make the optimiser of the config's options. Raises UserError for a rate where MXNet has none."""
    import mxnet as mx

    if options["name"] == "adamw":
        options, matched = {**ADAMW, **options}, True
    if matched:
        return formula_optimizer(options)
    others = dict(OTHER_NAMES)
    if options["name"] == "adadelta":
        check_no_rate("MXNet", options)
        del others["rho"]
    if options["name"] == "adagrad":
        others["epsilon"] = "eps"
    left_out = (*(key for key in AROUND if key != "learning_rate"), "nesterov")
    constants: Dict[str, Any] = {
        others.get(key, key): value for key, value in options.items() if key not in left_out
    }
    if changes(options):
        constants["lr_scheduler"] = scheduler(options)
    name = "nag" if options.get("nesterov") else options["name"]
    return mx.optimizer.create(name, **constants)


def scheduler(options: Mapping[str, Any]) -> Any:
    """Make what gives the rate of each update; MXNet counts them from 1."""
    import mxnet as mx

    class Scheduler(mx.lr_scheduler.LRScheduler):
        def __call__(self, num_update: int) -> float:
            return self.base_lr * share(options, num_update - 1)

    return Scheduler(options["learning_rate"])


def formula_optimizer(options: Mapping[str, Any]) -> Any:
    """Make an optimiser that updates each weight by the formula of _shared/formulas.py."""
    import mxnet as mx

    formula = Formula(options, mx.nd.sqrt)

    class FormulaOptimizer(mx.optimizer.Optimizer):
        def create_state(self, index: int, weight: Any) -> List[Any]:
            return [mx.nd.zeros_like(weight) for _ in range(formula.states)]

        def update(self, index: int, weight: Any, grad: Any, state: List[Any]) -> None:
            self._update_count(index)
            grad *= self.rescale_grad
            formula.update(weight, grad, state, self._index_update_count[index])

    return FormulaOptimizer()


def clip_and_add_l2(parameters: Sequence[Any], options: Mapping[str, Any], rows: int, matched: bool) -> None:
    """Clip the gradients, which are sums over the rows, and add a share of the weights to them.

    MXNet's own clipping adds 1e-8 to the norm, which matched settings do not. Its weight decay of AdaDelta
    and AdaGrad is decoupled from the gradient, and so is not taken.
    """
    if options.get("clip_norm") is None and not options.get("l2"):
        return
    from mxnet import gluon, nd

    gradients = [parameter.grad() for parameter in parameters]
    norm = options.get("clip_norm")
    if norm is not None and not matched:
        gluon.utils.clip_global_norm(gradients, norm * rows)
    elif norm is not None:
        found = nd.sqrt(nd.add_n(*[(gradient * gradient).sum() for gradient in gradients]))
        factor = nd.minimum(norm * rows / found, 1)
        for gradient in gradients:
            gradient[:] *= factor
    if options.get("l2"):
        for parameter, gradient in zip(parameters, gradients):
            gradient[:] += options["l2"] * rows * parameter.data()
