"""Keras on PyTorch as fast as it goes: rows on the device, a plain training step around the Keras model."""

# Neither PyTorch nor Keras is installed where types are checked.
# pyright: reportMissingImports=false, reportMissingModuleSource=false

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Callable, List, Mapping, Optional, Sequence

from scripts.training.frameworks.keras_torch.idiomatic import Idiomatic
from scripts.training.frameworks.trainer import Array, Order
from scripts.training.timing import EpochClock

if TYPE_CHECKING:
    from scripts.training.frameworks._shared.keras import OneHotRows


class Tuned(Idiomatic):
    """The same Keras model, loss and optimiser; what is left out is fit().

    fit() picks and converts each batch in a DataLoader, and keeps metrics and callbacks between the steps.
    Here rows and one-hot labels are tensors on the device, each epoch puts them in order at once, a batch is
    a view of them, and a step is that of the loop in Keras's guide to PyTorch.
    """

    asked = MappingProxyType(
        {"compile": "eager", "layout": "NHWC", "input_path": "rows on the device, views of a batch"}
    )

    def __init__(
        self,
        network: Mapping[str, Any],
        training: Mapping[str, Any],
        rows: "OneHotRows",
        *,
        seed: int,
        device: str,
        settings: str,
    ) -> None:
        import torch
        from keras import ops

        super().__init__(network, training, rows, seed=seed, device=device, settings=settings)
        self.x, self.y = (ops.convert_to_tensor(array) for array in (rows.x_train, rows.one_hot))
        self.weights = self.model.trainable_variables
        self.tensors = [weight.value for weight in self.weights]  # what they hold, changed in place
        self.total = torch.zeros((), dtype=self.x.dtype, device=self.x.device)  # of the losses of the rows
        self._variables()  # the optimiser makes its own

    def _update(self, x: Any, y: Any) -> None:
        """Take one training step, and add up the loss of its rows before it."""
        import torch

        loss = self._loss(x, y)
        gradients = torch.autograd.grad(loss, self.tensors)
        with torch.no_grad():
            self.model.optimizer.apply(gradients, self.weights)
            self.total.add_(loss, alpha=len(y))

    def _mean_loss(self, order: Any) -> Callable[[], float]:
        """Train on the rows in this order, and return a function that gives the mean loss."""
        self.total.zero_()
        for x, y in zip(self.x[order].split(self.batch_size), self.y[order].split(self.batch_size)):
            self._update(x, y)
        return lambda: self.total.item() / len(order)

    def _shuffled(self) -> Any:
        import torch

        return torch.randperm(len(self.y), device=self.y.device)

    def step(self) -> None:
        few = self.batch_size + len(self.y) % self.batch_size  # a whole batch and one like the last
        self._mean_loss(self._shuffled()[:few])

    def train(self, epochs: int, clock: EpochClock, order: Optional[Order] = None) -> None:
        import torch

        for epoch in range(epochs):
            rows = None if order is None else torch.from_numpy(order(epoch)).to(self.y.device)
            clock.start()
            loss = self._mean_loss(self._shuffled() if rows is None else rows)
            clock.stop(loss)

    def first_losses(self, batches: Sequence[Array]) -> List[float]:
        return [self._mean_loss(batch)() for batch in batches]

    def compile_mode(self) -> str:
        return "eager"
