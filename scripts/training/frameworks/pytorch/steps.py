"""Training steps as they come, operator by operator."""

# PyTorch is not installed where types are checked.
# pyright: reportMissingImports=false

from typing import Any, Mapping

from scripts.training.frameworks._shared.learning_rate import changes, share
from scripts.training.frameworks.pytorch.optimizers import clip


class EagerSteps:
    """Training steps as they come; a rate that changes is set without a scheduler object.

    `total` is the sum of the losses of all steps, each times its rows: 0-dimensional, on the device.
    """

    def __init__(
        self, model: Any, loss: Any, optimizer: Any, options: Mapping[str, Any], matched: bool
    ) -> None:
        import torch

        self.model, self.loss, self.optimizer = model, loss, optimizer
        self.options, self.matched = options, matched
        self.first_rate, self.changes = optimizer.param_groups[0]["lr"], changes(options)
        self.updates = 0
        self.total = torch.zeros((), device=next(model.parameters()).device)

    def __call__(self, x: Any, y: Any) -> None:
        loss = self._gradients(x, y)
        clip(self.optimizer, self.options.get("clip_norm"), self.matched)
        if self.changes:
            for group in self.optimizer.param_groups:
                group["lr"] = self.first_rate * share(self.options, self.updates)
        self.optimizer.step()
        self.updates += 1
        self.total.add_(loss, alpha=len(y))

    def _gradients(self, x: Any, y: Any) -> Any:
        """Set the gradients of a batch, and return its mean loss: 0-dimensional."""
        self.optimizer.zero_grad()
        loss = self.loss(self.model(x), y)
        loss.backward()
        return loss.detach()

    def snapshot(self) -> Any:
        """Copy all that a step changes."""
        import copy

        return [copy.deepcopy(part.state_dict()) for part in (self.model, self.optimizer)], self.updates

    def restore(self, state: Any) -> None:
        """Go back to what snapshot() gave."""
        (model, optimizer), self.updates = state
        self.model.load_state_dict(model)
        self.optimizer.load_state_dict(optimizer)
