"""Take PyTorch's step as a CUDA graph would capture it on a CPU, next to the eager step; print JSON.

usage: ENVIRONMENT/bin/python tests/support/graphed.py
"""

from __future__ import annotations

import itertools
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
from scripts.training.frameworks.pytorch.optimizers import make_optimizer
from scripts.training.frameworks.pytorch.steps import EagerSteps

# A decay as steep as this shows whether the velocity is rescaled: the study's 1e-6 would hide it.
SGD = {"name": "sgd", "learning_rate": 0.05, "decay": 0.1, "momentum": 0.9, "nesterov": True}
OTHERS = [{"name": name, "learning_rate": 0.05, "decay": 0.1} for name in CAPTURED if name != "sgd"]
SGD_ALONE = ("momentum", "nesterov")
# Everything that changes a rate or a gradient on the way.
CHANGING = {
    "plain": SGD,
    "cosine": {**SGD, "schedule": {"type": "cosine", "updates": 6, "final": 0.1}, "warm_up": 3},
    "step": {**SGD, "schedule": {"type": "step", "updates": 3, "factor": 0.5}, "clip_norm": 0.2},
}
STEPS = 8


def constants(options: dict[str, Any]) -> dict[str, Any]:
    """Give what the optimiser is made with; the rest is left to the steps."""
    return {key: value for key, value in options.items() if key in ("name", "learning_rate", *SGD_ALONE)}


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


def eager(options: dict[str, Any], matched: bool) -> tuple[torch.Tensor, float]:
    """Train with the eager step."""

    def make(model: torch.nn.Module) -> Any:
        optimizer, _ = make_optimizer(model.parameters(), constants(options), matched)
        return EagerSteps(model, torch.nn.CrossEntropyLoss(), optimizer, options, matched)

    return weights_after(make, lambda steps, x, y: steps(x, y), warm_up=False)


def graphed(options: dict[str, Any], matched: bool, warm_up: bool) -> tuple[torch.Tensor, float]:
    """Train with the step that a graph captures; with `warm_up`, after steps that are taken back.

    That others than SGD keep their counters on the device is refused on a CPU.
    """
    captured = CAPTURED["sgd"] if options["name"] == "sgd" else {}

    def make(model: torch.nn.Module) -> Any:
        optimizer, _ = make_optimizer(model.parameters(), {**constants(options), **captured}, False)
        return GraphedSteps(model, torch.nn.CrossEntropyLoss(), optimizer, options, matched)

    return weights_after(make, lambda steps, x, y: steps._step(x, y), warm_up)


def main() -> None:
    """Compare the weights and losses of both steps."""
    torch.set_default_dtype(torch.float64)
    torch.cuda.get_rng_state, torch.cuda.set_rng_state = torch.get_rng_state, torch.set_rng_state
    of_settings = eager(SGD, True)[0] - eager(SGD, False)[0]
    differences: Any = {"apart": float(of_settings.abs().max())}
    for name, options in {**CHANGING, **{options["name"]: options for options in OTHERS}}.items():
        for matched, warm_up in itertools.product((False, True), repeat=2):
            wanted, wanted_total = eager(options, matched)
            weights, total = graphed(options, matched, warm_up)
            settings = "matched" if matched else "published"
            differences[f"{name}, {settings}, {'after' if warm_up else 'without'} warm-up"] = {
                "weights": float((weights - wanted).abs().max()),
                "loss": abs(total - wanted_total),
            }
    print(json.dumps(differences))


if __name__ == "__main__":
    main()
