"""Take PyTorch's step as a CUDA graph would capture it on a CPU, next to the eager step; print JSON.

usage: ENVIRONMENT/bin/python tests/support/graphed.py
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from scripts.training.frameworks.pytorch.graphs import CAPTURED, GraphedSteps
from scripts.training.frameworks.pytorch.idiomatic import make_optimizer
from scripts.training.frameworks.pytorch.steps import EagerSteps

# A decay as steep as this shows whether the velocity is rescaled: the study's 1e-6 would hide it.
SGD = {"name": "sgd", "learning_rate": 0.05, "momentum": 0.9, "nesterov": True}
DECAY, STEPS = 0.1, 8


def weights_after(make_steps: Callable, step: Callable, warm_up: bool) -> tuple[torch.Tensor, float]:
    """Train STEPS steps; return all weights in one vector, and the sum of the losses."""
    torch.manual_seed(1)
    model = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.ReLU(), torch.nn.Linear(5, 3))
    x, y = torch.randn(STEPS, 4, 6), torch.randint(0, 3, (STEPS, 4))
    steps = make_steps(model)
    if warm_up:
        before = steps.snapshot()
        for n in range(3):
            step(steps, x[n], y[n])
        steps.restore(before)
    for n in range(STEPS):
        step(steps, x[n], y[n])
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()]), steps.total.item()


def eager(matched: bool) -> tuple[torch.Tensor, float]:
    """Train with the eager step."""

    def make(model: torch.nn.Module) -> Any:
        return EagerSteps(
            model, torch.nn.CrossEntropyLoss(), make_optimizer(model.parameters(), SGD, matched)[0], DECAY
        )

    return weights_after(make, lambda steps, x, y: steps(x, y), warm_up=False)


def graphed(matched: bool, warm_up: bool) -> tuple[torch.Tensor, float]:
    """Train with the step that a graph captures; with `warm_up`, after steps that are taken back."""

    def make(model: torch.nn.Module) -> Any:
        optimizer, _ = make_optimizer(model.parameters(), {**SGD, **CAPTURED["sgd"]}, False)
        return GraphedSteps(model, torch.nn.CrossEntropyLoss(), optimizer, DECAY, rate_in_momentum=matched)

    return weights_after(make, lambda steps, x, y: steps._step(x, y), warm_up)


def main() -> None:
    """Compare the weights and losses of both steps."""
    torch.set_default_dtype(torch.float64)
    torch.cuda.get_rng_state, torch.cuda.set_rng_state = torch.get_rng_state, torch.set_rng_state
    variants = {"published": False, "matched": True}
    wanted = {settings: eager(matched) for settings, matched in variants.items()}
    differences: Any = {"apart": float((wanted["matched"][0] - wanted["published"][0]).abs().max())}
    for settings, matched in variants.items():
        for warm_up in (False, True):
            weights, total = graphed(matched, warm_up)
            differences[f"{settings}, {'after' if warm_up else 'without'} warm-up"] = {
                "weights": float((weights - wanted[settings][0]).abs().max()),
                "loss": abs(total - wanted[settings][1]),
            }
    print(json.dumps(differences))


if __name__ == "__main__":
    main()
