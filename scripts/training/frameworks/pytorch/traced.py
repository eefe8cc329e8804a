"""A network without convolutions and batch norm on a CPU: both passes are one TorchScript graph."""

# PyTorch is not installed where types are checked.
# pyright: reportMissingImports=false

import warnings
from typing import Any, Dict, Mapping

from scripts.training.frameworks.pytorch.steps import EagerSteps

WARM_UP = 3  # runs of a graph; TorchScript looks at the first and rewrites the graph in the second


def can_be_traced(model: Any) -> bool:
    """Return whether no layer is a convolution: Python and autograd then take longer than the arithmetic.

    Nor a batch_norm, whose running values the graph would not change.
    """
    return all(parameter.ndim < 4 for parameter in model.parameters()) and not list(model.buffers())


def flat_weights(model: Any) -> Any:
    """Make all weights views of one parameter and return it: an optimiser then updates one tensor."""
    import torch

    parameters = list(model.parameters())
    flat = torch.nn.Parameter(torch.cat([parameter.detach().flatten() for parameter in parameters]))
    parts = flat.detach().split([parameter.numel() for parameter in parameters])
    for parameter, part in zip(parameters, parts):
        parameter.data = part.view_as(parameter)
    return flat


class TracedSteps(EagerSteps):
    """One graph for each size of batch, traced when the first batch of that size comes.

    `make_fx` writes down what autograd computes, and TorchScript runs it without Python. The optimiser, of
    flat_weights(), stays PyTorch's own: it would have to be traced again for each rate.
    """

    def __init__(
        self, model: Any, loss: Any, optimizer: Any, options: Mapping[str, Any], matched: bool
    ) -> None:
        super().__init__(model, loss, optimizer, options, matched)
        (self.flat,) = optimizer.param_groups[0]["params"]
        self.graphs: Dict[int, Any] = {}  # rows of a batch: graph

    def _gradients(self, x: Any, y: Any) -> Any:
        import torch

        if len(y) not in self.graphs:
            self.graphs[len(y)] = self._trace(x, y)
        with torch.no_grad():
            loss, self.flat.grad = self.graphs[len(y)](x, y)
        return loss

    def _trace(self, x: Any, y: Any) -> Any:
        import torch
        from torch.fx.experimental.proxy_tensor import make_fx

        def loss_and_gradients(x: Any, y: Any) -> Any:
            loss = self.loss(self.model(x), y)
            gradients = torch.autograd.grad(loss, list(self.model.parameters()))
            return loss.detach(), torch.cat([gradient.flatten() for gradient in gradients])

        operators = make_fx(loss_and_gradients)(x, y)
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of TorchScript: that torch.compile is newer
            graph = torch.jit.trace(operators, (x, y), check_trace=False)
            for _ in range(WARM_UP):
                graph(x, y)
        return graph
