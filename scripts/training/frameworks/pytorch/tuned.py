"""PyTorch as fast as it goes: rows on the device, one gather an epoch, graphs where Python is slow."""

# PyTorch is not installed where types are checked.
# pyright: reportMissingImports=false

from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from scripts.training.frameworks._shared.learning_rate import CHANGES
from scripts.training.frameworks.pytorch import quick_layers
from scripts.training.frameworks.pytorch.graphs import CAPTURED, GraphedSteps
from scripts.training.frameworks.pytorch.idiomatic import Idiomatic, Tensors
from scripts.training.frameworks.pytorch.optimizers import make_optimizer
from scripts.training.frameworks.pytorch.steps import EagerSteps
from scripts.training.frameworks.pytorch.traced import TracedSteps, can_be_traced, flat_weights
from scripts.training.frameworks.trainer import Array, Order
from scripts.training.timing import EpochClock

GRAPHED, TRACED = "CUDA graph of a step", "TorchScript graph of forward and backward pass"


class Tuned(Idiomatic):
    """The same modules and optimiser; what is left out is the work around them.

    A DataLoader picks and stacks row by row in Python. Here the rows lie on the device, each epoch puts
    them in order at once, and a batch is a view of them. Images lie channels last, as oneDNN's
    convolutions like them, and are flattened so. On a GPU these networks are so small that Python cannot
    launch their kernels as fast as they run: there a step is a CUDA graph. On a CPU that is so without
    convolutions: there its passes are a TorchScript graph. What was tried and did not win, torch.compile
    among it: see docs/method.md.
    """

    def __init__(
        self,
        network: Mapping[str, Any],
        training: Mapping[str, Any],
        rows: Tensors,
        *,
        seed: int,
        device: str,
        settings: str,
    ) -> None:
        super().__init__(network, training, rows, seed=seed, device=device, settings=settings)
        self.x, self.y = (tensor.to(self.device) for tensor in rows.train.tensors)
        self.x_test = rows.x_test.to(self.device)
        self.model = self.model.to(memory_format=self._layout(self.x))
        quick_layers.put_into(self.model, self.device.type == "cpu", self._traced())
        self.flattened = [None] * len(self.flattened)  # channels last, as in the canonical layout
        self.asked["input_path"] = "rows on the device, views of a batch"
        if self.x.ndim == 4:
            self.asked["layout"] = "NHWC (channels_last)"
        parts = self.model, self.loss, self.optimizer, self.options, self.matched
        if self._graphed():
            self.asked["compile"] = GRAPHED
            self.steps = GraphedSteps(*parts)
        elif self._traced():
            self.asked["compile"] = TRACED
            self.steps = TracedSteps(*parts)
        else:
            self.steps = EagerSteps(*parts)

    def _traced(self) -> bool:
        return self.device.type == "cpu" and can_be_traced(self.model)

    def _graphed(self) -> bool:
        return self.device.type == "cuda" and self.options["name"] in CAPTURED

    def _optimizer(self, options: Mapping[str, Any], matched: bool) -> Tuple[Any, Any]:
        # How the rate changes is left to the steps.
        options = {key: value for key, value in options.items() if key not in CHANGES}
        if self._graphed():
            options, matched = {**options, **CAPTURED[options["name"]]}, False
        weights = [flat_weights(self.model)] if self._traced() else self.model.parameters()
        return make_optimizer(weights, options, matched)

    @staticmethod
    def _layout(x: Any) -> Any:
        import torch

        return torch.channels_last if x.ndim == 4 else torch.contiguous_format

    def _batches(self, order: Any) -> Iterable[Tuple[Any, Any]]:
        """Give views of the rows in this order: x, y of one batch after the other."""
        x = self.x[order].contiguous(memory_format=self._layout(self.x))
        return zip(x.split(self.batch_size), self.y[order].split(self.batch_size))

    def _mean_loss(self, order: Any) -> Callable[[], float]:
        """Train on the rows in this order, and return a function that gives the mean loss."""
        self.steps.total.zero_()
        for x, y in self._batches(order):
            self.steps(x, y)
        return lambda: self.steps.total.item() / len(order)

    def first_losses(self, batches: Sequence[Array]) -> List[float]:
        self.model.train()
        return [self._mean_loss(batch)() for batch in batches]

    def _shuffled(self) -> Any:
        import torch

        return torch.randperm(len(self.y), device=self.device)

    def step(self) -> None:
        self.model.train()
        few = self.batch_size + len(self.y) % self.batch_size  # a whole batch and one like the last
        self._mean_loss(self._shuffled()[:few])

    def snapshot(self) -> Any:
        import torch

        gpu = torch.cuda.get_rng_state() if self.device.type == "cuda" else None
        return self.steps.snapshot(), torch.get_rng_state(), gpu

    def restore(self, state: Any) -> None:
        import torch

        before, random_state, of_gpu = state
        self.steps.restore(before)
        torch.set_rng_state(random_state)
        if of_gpu is not None:
            torch.cuda.set_rng_state(of_gpu)

    def train(self, epochs: int, clock: EpochClock, order: Optional[Order] = None) -> None:
        import torch

        self.model.train()
        for epoch in range(epochs):
            rows = None if order is None else torch.from_numpy(order(epoch)).to(self.device)
            clock.start()
            loss = self._mean_loss(self._shuffled() if rows is None else rows)
            clock.stop(loss)

    def predict(self) -> Array:
        import torch

        self.model.eval()
        with torch.no_grad():
            parts = [torch.softmax(self.model(x), dim=1) for x in self.x_test.split(self.batch_size)]
        return torch.cat(parts).cpu().numpy()

    def facts(self) -> Dict[str, Any]:
        # EagerSteps have none.
        made = TRACED if self._traced() else GRAPHED
        return {**super().facts(), **({"compile": made} if getattr(self.steps, "graphs", None) else {})}
