"""Compare the forms of tuned JAX that a machine or a network seldom meets; print the differences as JSON.

An epoch as one program, which GPUs run, with one of steps; and a kernel's gradient in parts, of which one is
smaller, with the plain one. And count the programs that an epoch compiles after the warm-up of a run.

usage: ENVIRONMENT/bin/python tests/support/jax_forms.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import flat_areas
import numpy as np

from scripts.training import timing
from scripts.training.fold_data import Rows
from scripts.training.frameworks import registry
from scripts.training.frameworks._shared import xla_layers
from scripts.training.frameworks.jax.idiomatic import Idiomatic
from scripts.training.frameworks.jax.network import Convolve
from scripts.training.frameworks.jax.tuned import Tuned
from scripts.training.machine import activity


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


def compiled_late(way: type[Idiomatic]) -> int:
    """Count the training steps that an epoch with published settings compiles after a run's warm-up."""
    x, y = flat_areas.rows()
    rows = way.convert(Rows(x, y, x, y, flat_areas.CLASSES, "", ""))
    network, training = {"layers": flat_areas.LAYERS}, {**flat_areas.TRAINING, "batch_size": 4}
    trainer = way(network, training, rows, seed=1, device="cpu", settings="published")
    timing.compile_seconds(trainer)
    step = trainer.step_on if isinstance(trainer, Tuned) else trainer.train_step
    before = step._cache_size()
    assert before == 2, "a full batch and a smaller one"
    trainer.train(1, timing.EpochClock(trainer.synchronize, 1, activity.Watch()))
    return step._cache_size() - before


def main() -> None:
    """Print how far each two forms are apart, relatively, and how many programs are compiled late."""
    registry.module("jax").set_up(1, "cpu", "float64")
    steps, epochs = np.array(losses(False)), np.array(losses(True))
    plain = kernel_gradients(xla_layers.convolve)
    xla_layers.PLACES = 2 * 9 * 9
    parts = kernel_gradients(xla_layers.convolve_in_parts)
    apart = {"epoch": abs(epochs / steps - 1).max(), "kernel": abs(parts - plain).max() / abs(plain).max()}
    late = {f"late_{way.__name__}": compiled_late(way) for way in (Idiomatic, Tuned)}
    print(json.dumps({name: float(value) for name, value in {**apart, **late}.items()}))


if __name__ == "__main__":
    main()
