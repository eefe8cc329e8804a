"""The optimisers of the config in PyTorch."""

# PyTorch is not installed where types are checked.
# pyright: reportMissingImports=false

from typing import Any, Dict, Mapping, Optional, Tuple

from scripts.training.frameworks._shared.learning_rate import AROUND, Mathematics, changes, share

OTHER_NAMES = {"learning_rate": "lr", "epsilon": "eps"}  # in PyTorch
BETAS = {"beta_1": 0.9, "beta_2": 0.999}  # its own: it takes both or none


def sgd_with_rate_in_momentum() -> Any:
    """Make an SGD whose velocity holds the rate, as that of Keras does.

    Keras adds rate x gradient to the velocity, PyTorch multiplies the velocity by the present rate: the same
    only while the rate stays. So the buffer is rescaled whenever the rate falls.
    """
    import torch

    class SGD(torch.optim.SGD):
        def step(self, closure: Any = None) -> Any:
            for group in self.param_groups:
                before, group["rate_before"] = group.get("rate_before"), group["lr"]
                if before and before != group["lr"] and group["momentum"]:
                    buffers = [self.state[p]["momentum_buffer"] for p in group["params"]]
                    torch._foreach_mul_(buffers, before / group["lr"])
            return super().step(closure)

    return SGD


def named(options: Mapping[str, Any]) -> Dict[str, Any]:
    """Give the constants of the config by PyTorch's names."""
    other = {**OTHER_NAMES, "rho": "alpha"} if options["name"] == "rmsprop" else OTHER_NAMES
    left_out = (*BETAS, *(key for key in AROUND if key != "learning_rate"))
    found = {other.get(key, key): value for key, value in options.items() if key not in left_out}
    if BETAS.keys() & options.keys():
        found["betas"] = tuple(options.get(key, value) for key, value in BETAS.items())
    if options.get("l2"):  # to the gradients, but in AdamW, which has no l2
        found["weight_decay"] = options["l2"]
    return found


def make_optimizer(parameters: Any, options: Mapping[str, Any], matched: bool) -> Tuple[Any, Any]:
    """Make the optimiser and, where the rate changes, its scheduler, which is called after each update."""
    from torch import optim

    classes = {
        "adadelta": optim.Adadelta,
        "rmsprop": optim.RMSprop,
        "sgd": sgd_with_rate_in_momentum() if matched else optim.SGD,
        "adam": optim.Adam,
        "adamw": optim.AdamW,
        "nadam": optim.NAdam,
        "adagrad": optim.Adagrad,
    }
    optimizer = classes[options["name"]](parameters, **named(options))
    if not changes(options):
        return optimizer, None
    return optimizer, optim.lr_scheduler.LambdaLR(optimizer, lambda updates: share(options, updates))


def on_the_device() -> Mathematics:
    """Give the functions that compute a rate from a counter on the device."""
    import torch

    return Mathematics(torch.cos, torch.floor, lambda x, most: torch.clamp(x, max=most))


def clip(optimizer: Any, norm: Optional[float], matched: bool) -> None:
    """Scale all gradients of an optimiser down to this norm, where their common one is larger.

    PyTorch's own adds a millionth to the norm, which matched settings do not.
    """
    import torch

    if norm is None:
        return
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    if not matched:
        torch.nn.utils.clip_grad_norm_(weights, norm)
        return
    gradients = [weight.grad for weight in weights]
    found = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
    torch._foreach_mul_(gradients, torch.clamp(norm / found, max=1.0))
