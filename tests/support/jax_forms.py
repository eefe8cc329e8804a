"""Compare the forms of tuned JAX that a machine or a network seldom meets; print the differences as JSON.

An epoch as one program, which GPUs run, with one of steps; and a kernel's gradient in parts, of which one is
smaller, with the plain one.

usage: ENVIRONMENT/bin/python tests/support/jax_forms.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import flat_areas
import numpy as np

from scripts.training.fold_data import Rows
from scripts.training.frameworks import registry
from scripts.training.frameworks._shared import xla_layers
from scripts.training.frameworks.jax.network import Convolve
from scripts.training.frameworks.jax.tuned import Tuned


def losses(whole_epochs: bool) -> list[float]:
    """Train three epochs of batches of 4 and 2 rows with dropout; return their mean losses."""
    x, y = flat_areas.rows()
    layers = [*flat_areas.LAYERS[:-1], {"type": "dropout", "rate": 0.25}, flat_areas.LAYERS[-1]]
    training = {**flat_areas.TRAINING, "batch_size": 4}
    rows = Tuned.convert(Rows(x, y, x, y, flat_areas.CLASSES, "", ""))
    trainer = Tuned({"layers": layers}, training, rows, seed=1, device="cpu", settings="matched")
    trainer.whole_epochs = whole_epochs
    trainer.set_weights(flat_areas.weights(layers))
    before = trainer.snapshot()
    trainer.step()
    trainer.restore(before)
    return [trainer._mean_loss(trainer._shuffled())() for _ in range(3)]


def kernel_gradients(convolve: Convolve) -> np.ndarray:
    """Compute the gradient of a kernel for 7 images."""
    import jax

    x, kernel = (
        jax.random.normal(jax.random.key(n), shape) for n, shape in enumerate([(7, 9, 9, 3), (3, 3, 3, 5)])
    )
    return np.asarray(jax.grad(lambda kernel: (convolve(x, kernel, "same") ** 3).sum())(kernel))


def main() -> None:
    """Print how far each two forms are apart, relatively."""
    registry.module("jax").set_up(1, "cpu", "float64")
    steps, epochs = np.array(losses(False)), np.array(losses(True))
    plain = kernel_gradients(xla_layers.convolve)
    xla_layers.PLACES = 2 * 9 * 9
    parts = kernel_gradients(xla_layers.convolve_in_parts)
    apart = {"epoch": abs(epochs / steps - 1).max(), "kernel": abs(parts - plain).max() / abs(plain).max()}
    print(json.dumps({name: float(value) for name, value in apart.items()}))


if __name__ == "__main__":
    main()
