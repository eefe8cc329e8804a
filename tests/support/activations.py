"""Take a step through every activation in float64, with every matched trainer of a framework; print JSON.

usage: ENVIRONMENT/bin/python tests/support/activations.py FRAMEWORK
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import flat_areas
import numpy as np

from scripts.core.network import weight_shapes
from scripts.training.frameworks import registry

SHAPE, COUNT = (6, 6, 2), 8
LAYERS: list[dict[str, Any]] = [
    {"type": "conv", "filters": 3, "kernel": 3, "padding": "valid", "activation": "leaky_relu"},
    {"type": "flatten"},
    *(
        {"type": "dense", "units": 6, "activation": name}
        for name in ("elu", "linear", "tanh", "gelu", "gelu_tanh", "sigmoid", "relu")
    ),
    {"type": "dense", "units": flat_areas.CLASSES, "activation": "softmax"},
]


def arrays() -> flat_areas.Arrays:
    """Draw rows, labels and weights, from which an activation meets values of both signs, large ones, too."""
    random = np.random.RandomState(5)
    x = random.normal(0, 3, (COUNT, *SHAPE)).astype(np.float64)
    weights = [random.normal(0, 0.7, shape).astype(np.float32) for shape in weight_shapes(LAYERS, SHAPE)]
    return x, np.arange(COUNT) % flat_areas.CLASSES, weights


def main() -> None:
    """Print the steps of the framework that the command line names, {implementation: ...}."""
    name = sys.argv[1]
    registry.module(name).set_up(1, "cpu", "float64")
    training = {**flat_areas.TRAINING, "batch_size": COUNT}
    found = flat_areas.steps(name, LAYERS, SHAPE, arrays(), training)
    print("\n" + json.dumps(found))


if __name__ == "__main__":
    main()
