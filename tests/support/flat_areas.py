"""Take a step on flat areas in float64, with every matched trainer of a framework; print JSON.

Equal values in a window of max-pooling and zeros before a ReLU are where frameworks differ. All numbers here
are small multiples of powers of 2, so that they come out equal in whatever order they are added.

usage: ENVIRONMENT/bin/python tests/support/flat_areas.py FRAMEWORK
"""

import json
import os
import sys
from pathlib import Path
from typing import Any, Dict, List, Tuple

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from scripts.core.network import Layers, Shape, count_parameters, weight_shapes
from scripts.training.fold_data import Rows
from scripts.training.frameworks import registry

SHAPE, CLASSES, COUNT, STEPS = (11, 11, 2), 3, 6, 2
Arrays = Tuple[np.ndarray, np.ndarray, List[np.ndarray]]
# Both pools drop a row and a column.
LAYERS: List[Dict[str, Any]] = [
    {"type": "conv", "filters": 4, "kernel": 3, "padding": "same", "activation": "relu"},
    {"type": "max_pool", "size": 2},
    {"type": "conv", "filters": 3, "kernel": 3, "padding": "valid", "activation": "relu"},
    {"type": "max_pool", "size": 2},
    {"type": "flatten"},
    {"type": "dense", "units": 8, "activation": "relu"},
    {"type": "dense", "units": CLASSES, "activation": "softmax"},
]
# Windows that lie over each other: a value may be the first maximum of several.
OVERLAPPING = [
    {"type": "conv", "filters": 4, "kernel": 3, "padding": "same", "activation": "relu"},
    {"type": "max_pool", "size": 3, "strides": 2},
    {"type": "flatten"},
    {"type": "dense", "units": CLASSES, "activation": "softmax"},
]
TRAINING: Dict[str, Any] = {
    "loss": "categorical_crossentropy",
    "optimizer": {"name": "sgd", "learning_rate": 0.25, "decay": 0.0, "momentum": 0.5, "nesterov": True},
    "batch_size": COUNT,
}


def weights(layers: Layers) -> List[np.ndarray]:
    """Make weights in canonical layout, float32: eighths, biases 0."""
    random = np.random.RandomState(3)
    shapes = weight_shapes(layers, SHAPE)
    drawn = [random.randint(-4, 5, shape).astype(np.float32) / 8 for shape in shapes]
    return [array * (array.ndim > 1) for array in drawn]


def rows() -> Tuple[np.ndarray, np.ndarray]:
    """Make images, float64 (rows, height, width, channels), and labels: black, white, halves, a few dots."""
    random = np.random.RandomState(4)
    x = np.zeros((COUNT, *SHAPE))
    x[1], x[2, :6], x[3, :, 6:] = 1, 1, 0.5
    x[4:] = random.randint(0, 3, (2, *SHAPE)) / 2 * (random.rand(2, *SHAPE) < 0.2)
    return x, np.arange(COUNT) % CLASSES


def steps(
    name: str, layers: Layers, shape: Shape, arrays: Arrays, training: Dict[str, Any], *, count: int
) -> Dict[str, Any]:
    """Return gradients of the first of `count` steps, losses, and predictions after, {implementation: ...}.

    `arrays` are rows, labels and weights. The framework must be set up in float64.
    """
    found, known = {}, registry.framework(name)
    has_norms = any(layer["type"] == "batch_norm" for layer in layers)  # the certificate has the others
    network = {"layers": layers, "parameters": count_parameters(layers, shape)}
    for implementation, Trainer in known.trainers.items():
        x, y, weights = arrays
        batch = np.arange(len(y))
        native = Trainer.convert(Rows(x.copy(), y, x[:3].copy(), y[:3], CLASSES, "", ""))
        trainer = Trainer(network, training, native, seed=1, device="cpu", settings="matched")
        trainer.set_weights(weights)
        before = trainer.snapshot()
        gradients = [np.asarray(gradient) for gradient in trainer.gradients(batch)]
        trainer.restore(before)
        found[implementation] = {
            "gradients": [gradient.tolist() for gradient in gradients],
            "types": sorted({str(gradient.dtype) for gradient in gradients}),
            "losses": trainer.first_losses([batch] * count),
            "probabilities": trainer.predict().tolist() if has_norms else None,
            "precision": trainer.facts()["precision"],
        }
    return found


def main() -> None:
    """Print the steps of the framework that the command line names."""
    registry.module(sys.argv[1]).set_up(1, "cpu", "float64")
    found = {
        "flat": steps(sys.argv[1], LAYERS, SHAPE, (*rows(), weights(LAYERS)), TRAINING, count=STEPS),
        "overlapping": steps(
            sys.argv[1], OVERLAPPING, SHAPE, (*rows(), weights(OVERLAPPING)), TRAINING, count=STEPS
        ),
    }
    print("\n" + json.dumps(found))


if __name__ == "__main__":
    main()
