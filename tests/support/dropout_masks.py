"""Train each trainer of a framework on rows whose losses differ by what dropout drops alone; print JSON.

All rows are the same, and the learning rate is too small to change a weight. The loss of a row is that of a
binomial number of values that were kept.

usage: ENVIRONMENT/bin/python tests/support/dropout_masks.py FRAMEWORK
"""

import json
import os
import sys
from pathlib import Path
from typing import Any, Dict, List

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from scripts.core.network import count_parameters
from scripts.training import timing
from scripts.training.fold_data import Rows
from scripts.training.frameworks import registry

WIDTH, ROWS, BATCH, EPOCHS = 32, 264, 32, 40  # values that dropout sees; the last batch has 8 rows
STEP = 0.1  # of the logit, for each value that is kept, before dropout's own scale
RATES = [0.25, 0.2]  # 8 random bits a value give the first exactly, and the second not
SGD = {"name": "sgd", "learning_rate": 1e-12, "decay": 0.0, "momentum": 0.0, "nesterov": False}


class NoWatch:
    """Nothing is read around an epoch."""

    def before(self) -> None:
        """Read nothing."""

    def after(self) -> None:
        """Read nothing."""


def losses(Trainer: Any, rate: float) -> List[float]:
    """Train as a run does, and return the mean loss of each epoch."""
    layers = [
        {"type": "dense", "units": WIDTH, "activation": "relu"},
        {"type": "dropout", "rate": rate},
        {"type": "dense", "units": 2, "activation": "softmax"},
    ]
    x, y = np.ones((ROWS, WIDTH), np.float32), np.ones(ROWS, np.int64)
    last = np.zeros((WIDTH, 2))
    last[:, 0] = STEP
    weights = [np.eye(WIDTH), np.zeros(WIDTH), last, np.zeros(2)]
    training = {"loss": "categorical_crossentropy", "optimizer": SGD, "batch_size": BATCH}
    network = {"layers": layers, "parameters": count_parameters(layers, (WIDTH,))}
    native = Trainer.convert(Rows(x, y, x[:2].copy(), y[:2].copy(), 2, "", ""))
    trainer = Trainer(network, training, native, seed=7, device="cpu", settings="matched")
    trainer.set_weights([array.astype(np.float32) for array in weights])
    timing.compile_seconds(trainer)
    clock = timing.EpochClock(trainer.synchronize, EPOCHS, NoWatch())
    trainer.train(EPOCHS, clock, lambda epoch: np.arange(ROWS))
    return clock.losses


def main() -> None:
    """Print {implementation: {rate: losses}} of the framework that the command line names."""
    name = sys.argv[1]
    registry.module(name).set_up(1, "cpu", "float32")
    found: Dict[str, Dict[str, List[float]]] = {}
    for implementation, Trainer in registry.framework(name).trainers.items():
        found[implementation] = {str(rate): losses(Trainer, rate) for rate in RATES}
    print("\n" + json.dumps(found))


if __name__ == "__main__":
    main()
