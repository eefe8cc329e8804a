"""Records that are not those of the planned runs: another run, config, data or split, or made up."""

from functools import cache
from pathlib import Path
from typing import Any

from scripts.core import training_spec
from scripts.core.record import Record
from scripts.core.run_id import RunId
from scripts.data import integrity
from scripts.records import plausible


def check(found: Record, run_id: RunId, config: dict[str, Any]) -> None:
    """Raise ValueError, naming the file's place, if a record is not that of the planned run."""
    if found.run != run_id:
        raise ValueError(f"{run_id.path('')}: holds the record of another run, {found.run.path('')}")
    spec = training_spec.of_config(config, run_id.settings, run_id.dataset, run_id.replicate)
    of_config = {
        f"networks.{run_id.dataset}": (found.origin.network, spec.network),
        f"training.{run_id.dataset}": (found.origin.training, spec.training),
        "seed": (found.origin.seed, spec.seed),
    }
    changed = [key for key, (was, now) in of_config.items() if was != now]
    if changed:
        words = " and ".join(changed)
        raise ValueError(f"{run_id.path('')}: was made with another {words} than the config's")
    doubts = plausible.doubts(found)
    if doubts:
        raise ValueError(f"{run_id.path('')}: cannot be that of a real run: {'; '.join(doubts)}")


class Sources:
    """Digests of the data and splits that are present below two folders (or None), read once each.

    Where nothing is present, records of other data or splits are left to the flag `stale` of the tables.
    """

    def __init__(self, data: Path | None = None, splits: Path | None = None) -> None:
        """Take the folder of the prepared datasets and that of the index arrays."""
        self.data, self.splits = data, splits
        self.of_data, self.of_split = cache(integrity.data_digest), cache(integrity.split_digests)

    def check(self, found: Record) -> None:
        """Raise ValueError, naming the record's place, if it was made from other data or another split."""
        run_id = found.run
        if self.data:
            folder = self.data / run_id.dataset
            there = self.of_data(folder) or found.origin.data_digest
            if found.origin.data_digest != there:
                raise ValueError(
                    f"{run_id.path('')}: was made from other data than {folder} holds"
                    f" (digest {found.origin.data_digest}, there {there})"
                )
        if self.splits:
            file = run_id.file_of_split(self.splits)
            there = self.of_split(file).get(run_id.fold, found.origin.split_digest)
            if found.origin.split_digest != there:
                raise ValueError(
                    f"{run_id.path('')}: was made with another split than {file} holds"
                    f" (digest {found.origin.split_digest}, there {there})"
                )
