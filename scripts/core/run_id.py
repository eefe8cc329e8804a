"""Which run of the experiment: what names it, and where its files lie."""

from dataclasses import dataclass
from pathlib import Path

from scripts.core.paths import AnyPath


@dataclass(frozen=True)
class RunId:
    """Which run of the experiment this is; `fold` is 0 for holdout."""

    settings: str  # published or matched
    device: str  # cpu or gpu
    framework: str  # name in the config
    implementation: str  # idiomatic or tuned
    dataset: str  # name in the config
    split: str  # holdout or kfold
    fold: int  # number of the fold; 0 for holdout
    replicate: int = 0  # number of its seed in the config's `seeds`; 0: the first, or the only one

    def path(self, runs_folder: AnyPath) -> Path:
        """Give the place of the record of this run below the folder of all runs."""
        return Path(runs_folder).joinpath(
            self.settings,
            self.device,
            self.framework,
            self.implementation,
            self.dataset,
            self.split,
            self.replicate_folder,
            f"fold-{self.fold}.json",
        )

    def file_of_split(self, splits_folder: AnyPath) -> Path:
        """Give the place of the rows of its folds below the folder of all splits."""
        return Path(splits_folder, self.replicate_folder, self.dataset, f"{self.split}.npz")

    @property
    def replicate_folder(self) -> str:
        """What paths of later replicates have more, so that a list of seeds keeps what one seed has made."""
        return f"replicate-{self.replicate}" if self.replicate else ""
