"""Write a large experiment of synthetic records, as the workflow leaves it: experiment.json and runs/.

    python tests/support/many_records.py FOLDER --records 5000

Every framework, tuned and idiomatic, on the four datasets of the study. Seeds are added until there are
enough; of the last one there may be only a part.
"""

import argparse
import dataclasses
import json
import random
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

import factory

from scripts.core.record import Record
from scripts.core.run_id import RunId
from scripts.training.frameworks import registry

DATASETS = ("mnist", "cifar10", "cifar100", "letter")
IMPLEMENTATIONS = ["idiomatic", "tuned"]


def write_experiment(folder: Path, records: int) -> None:
    """Write so many records below `folder`."""
    frameworks = registry.names()
    of_a_seed = len(factory.plan(DATASETS, frameworks, implementations=IMPLEMENTATIONS))
    replicates = -(-records // of_a_seed)
    runs = factory.plan(DATASETS, frameworks, implementations=IMPLEMENTATIONS, replicates=replicates)[
        :records
    ]
    lists = {"frameworks": frameworks, "implementations": IMPLEMENTATIONS}
    seeds = [2020 + number for number in range(replicates)] if replicates > 1 else None
    config = {**factory.CONFIG, **lists, "seeds": seeds}
    chance = random.Random(1)
    for run in runs:
        file = run.path(folder / "runs")
        file.parent.mkdir(parents=True, exist_ok=True)
        made = varied(run, config, frameworks.index(run.framework), chance)
        # Not by record.write(), which waits for the disk after each.
        file.write_text(json.dumps(dataclasses.asdict(made), indent=1), encoding="utf-8")
    factory.write_experiment(runs, folder / "experiment.json", config)


def varied(run: RunId, config: dict, place: int, chance: random.Random) -> Record:
    """Make a record; frameworks differ by more than chance, and epochs by a thirtieth."""
    train_s = 10 + 3 * place + chance.random()
    epochs = config["training"][run.dataset]["epochs"]
    seconds = [train_s / epochs * (1 + chance.random() / 30) for _ in range(epochs)]
    times = {"epochs_s": seconds, "epochs_cpu_s": [3 * epoch for epoch in seconds]}
    return factory.make(run, config, train_s=train_s, accuracy=0.9 + chance.random() / 50, times=times)


def main() -> None:
    """Write what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--records", type=int, default=5000)
    args = parser.parse_args()
    write_experiment(args.folder, args.records)


if __name__ == "__main__":
    main()
