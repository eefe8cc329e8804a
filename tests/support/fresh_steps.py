"""Train each trainer of a framework as a run begins: its first step comes before anything else; print JSON.

With fewer rows than a batch, and with every optimiser of matched settings (where compiling takes long, one).

usage: ENVIRONMENT/bin/python tests/support/fresh_steps.py FRAMEWORK
"""

import json
import sys
from pathlib import Path
from typing import Any, Dict, List

sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
import small_networks
from flat_areas import CLASSES

from scripts.core.network import count_parameters
from scripts.training import timing
from scripts.training.fold_data import Rows
from scripts.training.frameworks import registry

CASE = small_networks.CASES["nadam"]
OPTIMIZERS = {case.optimizer["name"]: case.optimizer for case in small_networks.CASES.values()}
COMPILING = ("theano", "pytensor")
STEPS = 8


def losses(Trainer: Any, optimizer: Dict[str, Any]) -> List[float]:
    """Build a trainer, measure its compilation as a run does, and train; return the losses."""
    x, y, weights = small_networks.arrays(CASE)
    x = x.astype(np.float32)
    network = {"layers": CASE.layers, "parameters": count_parameters(CASE.layers, CASE.shape)}
    native = Trainer.convert(Rows(x.copy(), y, x[:2].copy(), y[:2], CLASSES, "", ""))
    training = {**small_networks.training(optimizer), "batch_size": 5 * len(y)}
    trainer = Trainer(network, training, native, seed=1, device="cpu", settings="matched")
    trainer.set_weights(weights)
    timing.compile_seconds(trainer)
    return trainer.first_losses([np.arange(len(y))] * STEPS)


def main() -> None:
    """Print {implementation: {optimiser: losses}} of the framework that the command line names."""
    name = sys.argv[1]
    registry.module(name).set_up(1, "cpu", "float32")
    chosen = ["nadam"] if name in COMPILING else sorted(OPTIMIZERS)
    found = {
        implementation: {which: losses(Trainer, OPTIMIZERS[which]) for which in chosen}
        for implementation, Trainer in registry.framework(name).trainers.items()
    }
    print("\n" + json.dumps(found))


if __name__ == "__main__":
    main()
