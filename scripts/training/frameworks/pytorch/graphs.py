"""Training steps on a GPU as CUDA graphs: a step is one launch instead of one for each of its kernels."""

# PyTorch is not installed where types are checked.
# pyright: reportMissingImports=false

from itertools import zip_longest
from typing import Any, Dict, List, Mapping, Tuple

from scripts.training.frameworks._shared.learning_rate import changes, share
from scripts.training.frameworks.pytorch.optimizers import clip, on_the_device

WARM_UP = 3  # steps before a capture, as PyTorch's notes on CUDA graphs want it
# What lets an optimiser be captured: its constants and counters are then tensors on the device. PyTorch's
# Adagrad cannot be.
CAPTURED = {
    **{name: {"capturable": True} for name in ("adadelta", "rmsprop", "adam", "adamw", "nadam")},
    "sgd": {"fused": True},
}
FIRST = {"mu_product": 1.0}  # of an optimiser's state; what is not named begins as zeros


class GraphedSteps:
    """One graph for each size of batch, captured when the first batch of that size comes.

    `total` is the sum of the losses of all steps, each times its rows: 0-dimensional, on the device. The
    graphs know their tensors by address, so that weights and the optimiser's state are set in place.
    With matched settings the velocity is rescaled when the rate changes, see sgd_with_rate_in_momentum().
    """

    def __init__(
        self, model: Any, loss: Any, optimizer: Any, options: Mapping[str, Any], matched: bool
    ) -> None:
        import torch

        self.model, self.loss, self.optimizer = model, loss, optimizer
        self.options, self.matched = options, matched
        self.first_rate, self.changes = optimizer.param_groups[0]["lr"], changes(options)
        self.rate_in_momentum = matched and options.get("momentum", 0) > 0
        device = next(model.parameters()).device
        self.total = torch.zeros((), device=device)
        # Fused SGD reads a float32, whatever the network's precision.
        self.rate = torch.tensor(self.first_rate, dtype=torch.float32, device=device)
        self.updates = torch.zeros((), dtype=torch.float64, device=device)
        for group in optimizer.param_groups:
            group["lr"] = self.rate
        self.graphs: Dict[int, Tuple[Any, Any, Any]] = {}  # rows of a batch: graph, its x and y

    def __call__(self, x: Any, y: Any) -> None:
        if len(y) not in self.graphs:
            self.graphs[len(y)] = self._capture(x, y)
        graph, graph_x, graph_y = self.graphs[len(y)]
        graph_x.copy_(x)
        graph_y.copy_(y)
        graph.replay()

    def _capture(self, x: Any, y: Any) -> Tuple[Any, Any, Any]:
        """Capture a graph of one step, and the tensors that it takes its rows from."""
        import torch

        x, y = x.clone(), y.clone()
        before = self.snapshot()
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP):
                self._step(x, y)
        torch.cuda.current_stream().wait_stream(stream)
        self.optimizer.zero_grad()  # so that the graph has gradients of its own
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._step(x, y)
        self.restore(before)
        return graph, x, y

    def _step(self, x: Any, y: Any) -> None:
        self.optimizer.zero_grad()
        loss = self.loss(self.model(x), y)
        loss.backward()
        clip(self.optimizer, self.options.get("clip_norm"), self.matched)
        if self.changes:
            self._change_rate()
        self.optimizer.step()
        self.updates += 1
        self.total.add_(loss.detach(), alpha=len(y))

    def _change_rate(self) -> None:
        import torch

        rate = self.first_rate * share(self.options, self.updates, on_the_device())
        if self.rate_in_momentum:
            buffers = [state.get("momentum_buffer") for state in self.optimizer.state.values()]
            buffers = [buffer for buffer in buffers if buffer is not None]
            if buffers:
                torch._foreach_mul_(buffers, self.rate / rate)
        self.rate.copy_(rate)

    def _tensors(self) -> List[Tuple[Any, float]]:
        """List all that a step changes, each with its start; last what an optimiser's first step makes."""
        states = [(state[name], name) for state in self.optimizer.state.values() for name in sorted(state)]
        own = [(tensor, FIRST.get(name, 0.0)) for tensor, name in states if tensor is not None]
        others = [self.total, self.rate, self.updates, *self.model.parameters(), *self.model.buffers()]
        return [*((tensor, 0.0) for tensor in others), *own]

    def snapshot(self) -> Any:
        """Copy all that a step changes, and the random state."""
        import torch

        return [tensor.detach().clone() for tensor, _ in self._tensors()], torch.cuda.get_rng_state()

    def restore(self, state: Any) -> None:
        """Go back to what snapshot() gave, in place."""
        import torch

        saved, random_state = state
        with torch.no_grad():
            for (tensor, first), value in zip_longest(self._tensors(), saved):
                tensor.fill_(first) if value is None else tensor.copy_(value)
        torch.cuda.set_rng_state(random_state)
