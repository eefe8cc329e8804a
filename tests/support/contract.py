"""Try what every framework module promises inside its own environment; print JSON.

usage: ENVIRONMENT/bin/python tests/support/contract.py FRAMEWORK CONFIG_JSON [DEVICE]
"""

import functools
import json
import os
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

os.environ.update(OMP_NUM_THREADS="2", MKL_NUM_THREADS="2")
os.environ.update({} if "gpu" in sys.argv else {"CUDA_VISIBLE_DEVICES": "-1"})
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ["OPENBLAS_NUM_THREADS"] = "2"

import numpy as np

from scripts.core.network import weight_shapes
from scripts.training import timing
from scripts.training.batch_order import epoch_order
from scripts.training.fold_data import Rows
from scripts.training.frameworks import registry
from scripts.training.machine import thread_pools

DEVICE = "gpu" if "gpu" in sys.argv else "cpu"
SHAPES = {"letter": (16,), "digits": (8, 8, 1)}


def made_up_rows(shape: Tuple[int, ...], classes: int, count: int) -> Rows:
    """Make rows that a network can learn something from: float32, labels int64."""
    random = np.random.RandomState(0)
    x, y = random.rand(count, *shape).astype(np.float32), random.randint(0, classes, count)
    x += y.reshape((-1,) + (1,) * len(shape)) / np.float32(classes)  # something to learn
    return Rows(x, y.astype(np.int64), x[:50], y[:50].astype(np.int64), classes, "", "")


class Counter:
    """An epoch clock that only keeps the losses."""

    def __init__(self) -> None:
        self.losses: List[float] = []

    def start(self) -> None:
        """Do nothing: no time is taken."""

    def stop(self, loss: Callable[[], float]) -> None:
        """Keep the loss of an epoch."""
        self.losses.append(float(loss()))


def try_dataset(
    Trainer: Any, dataset: str, config: Dict[str, Any], settings: str, epochs: int = 2
) -> Dict[str, Any]:
    """Train a network twice on made-up rows, and return what check_promises() asks for."""
    network, training = config["networks"][dataset], dict(config["training"][settings][dataset])
    training["batch_size"] = 32
    rows = made_up_rows(SHAPES[dataset], network["layers"][-1]["units"], 100)
    initial = draw(network["layers"], SHAPES[dataset], 7)

    def train() -> Tuple[Any, np.ndarray, np.ndarray, np.ndarray, List[float]]:
        native = Trainer.convert(rows)
        trainer = Trainer(network, training, native, seed=7, device=DEVICE, settings=settings)
        clock, order = Counter(), None
        if settings == "matched":
            trainer.set_weights(initial)
            order = functools.partial(epoch_order, 7, 0, rows=len(rows.x_train))
        before = trainer.predict()
        timing.compile_seconds(trainer)
        restored = trainer.predict()
        trainer.train(epochs, clock, order)
        return trainer, before, restored, trainer.predict(), clock.losses

    trainer, before, restored, after, losses = train()
    *_, after_again, losses_again = train()
    return {
        "parameters": trainer.parameter_count(),
        "restored": bool(np.array_equal(before, restored)),
        "changed": bool(np.abs(after - before).max() > 1e-6),
        "before": before[:5].tolist(),
        "sums": float(np.abs(after.sum(axis=1) - 1).max()),
        "shape": list(after.shape),
        "dtype": str(after.dtype),
        "losses": losses,
        "losses_again": losses_again,
        "same_predictions": bool(np.array_equal(after, after_again)),
        "facts": trainer.facts(),
        "layers": trainer.list_layers() if "idiomatic" in Trainer.__module__ else [],
        "asked": dict(trainer.asked),
    }


def draw(layers: List[Dict[str, Any]], shape: Tuple[int, ...], seed: int) -> List[np.ndarray]:
    """Draw initial weights in canonical layout, float32."""
    random = np.random.RandomState(seed)
    return [random.uniform(-0.1, 0.1, size).astype(np.float32) for size in weight_shapes(layers, shape)]


def product_error(module: Any, n: int = 64) -> float:
    """Compute the largest difference between the module's matrix product and NumPy's."""
    a, b = timing.square_matrices(n)
    product = module.matrix_product(n, DEVICE)()
    product = product.cpu() if DEVICE == "gpu" and hasattr(product, "cpu") else product
    return float(np.abs(np.asarray(product) - a @ b).max())


def main() -> None:
    """Try every implementation and every settings of one framework on two networks."""
    name, config = sys.argv[1], json.loads(Path(sys.argv[2]).read_text())
    module, known = registry.module(name), registry.framework(name)
    module.set_up(2, DEVICE)
    results: Dict[str, Any] = {
        f"{implementation} {settings} {dataset}": try_dataset(Trainer, dataset, config, settings)
        for implementation, Trainer in known.trainers.items()
        for settings in known.settings
        for dataset in ("digits", "letter")
    }
    results["product_error"] = product_error(module)
    results["pools"] = thread_pools.report()
    print("\n" + json.dumps(results))


if __name__ == "__main__":
    main()
