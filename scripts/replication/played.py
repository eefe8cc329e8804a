"""What was run: the runs of all exports that follow the study, as one experiment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import column, finished_runs
from scripts.analysis.study import printed_figures as study
from scripts.analysis.study import verdicts
from scripts.compare import sources
from scripts.compare.sources import Source
from scripts.core.columns import CELL, RUN_ID
from scripts.core.errors import UserError

ON_FOLDS = (3, 4)  # conclusions on cross-validation
# Exports that each compare frameworks, one after the other on one machine, and are shown apart.
APART = ("roster", "frameworks", "contemporaries", "images", "images-folds")


@dataclass(frozen=True)
class Played:
    """All exports, and `experiment`: their finished runs on all rows of the study's datasets.

    Of a cell that was begun the missing runs are there, too. If two exports have a run, the first counts; in
    `with_folds` that of the export which has folds of its kind, made in the same stretch on the same machine.
    `apart` are the exports whose runs are compared with each other alone, by their names.
    """

    exports: list[Source]
    experiment: Experiment
    with_folds: Experiment
    apart: Mapping[str, Experiment] = field(default_factory=dict)

    @cached_property
    def outcomes(self) -> list[verdicts.Outcome]:
        """What became of the conclusions; those on cross-validation compare runs of one stretch."""
        of_all, with_folds = (verdicts.judge(one) for one in (self.experiment, self.with_folds))
        return [
            folds if one.conclusion.number in ON_FOLDS else one
            for one, folds in zip(of_all, with_folds, strict=True)
        ]

    @property
    def finished(self) -> pd.DataFrame:
        """Return the finished runs of the experiments."""
        experiments = [self.experiment, *self.apart.values()]
        return pd.concat([finished_runs(one.runs) for one in experiments], ignore_index=True)


def read(folder: Path) -> Played:
    """Read the exports in a folder. Raises UserError if there is none, or one is damaged."""
    paths = sorted(Path(folder).glob("*.tar.gz"))
    if not paths:
        raise UserError(f"{folder}: holds no export; make export writes one")
    exports = sources.read_all([f"{path.name.removesuffix('.tar.gz')}={path}" for path in paths])
    comparison, figures = exports[0].config["comparison"], study.read()
    apart = {export.label: export.runs for export in exports if export.label in APART}
    others = [export for export in exports if export.label not in APART]
    both = (of_study(others, beside_folds) for beside_folds in (False, True))
    return Played(
        exports,
        *(Experiment(runs, figures, comparison) for runs in both),
        apart={name: Experiment(apart[name], figures, comparison) for name in APART if name in apart},
    )


def of_study(exports: Sequence[Source], beside_folds: bool) -> pd.DataFrame:
    """Return the runs that follow the study, finished ones first where two exports have the same run.

    With `beside_folds` a run comes before that which another export has if its own has folds of its kind.
    """
    tables = [export.runs for export in exports if export.config["split"]["rows"] is None]
    if not tables:
        raise UserError("replication: no export has runs on all rows of a dataset")
    runs = pd.concat([table.assign(folds=has_folds(table)) for table in tables], ignore_index=True)
    runs = runs.loc[column(runs, "dataset").isin(study.PROTOCOLS)]
    order = runs.assign(missing=~column(runs, "status").eq("ok"), alone=~runs["folds"] & beside_folds)
    order = order.sort_values(["missing", "alone"], kind="stable")
    first = runs.loc[order.drop_duplicates(RUN_ID).index].sort_index().drop(columns="folds")
    begun = first.groupby(CELL)["status"].transform(lambda status: status.eq("ok").any())
    return first.loc[begun].reset_index(drop=True)


def has_folds(runs: pd.DataFrame) -> pd.Series:
    """Return of each run whether a fold of its kind is finished."""
    finished = column(runs, "status").eq("ok") & column(runs, "split").eq("kfold")
    return finished.groupby([runs[name] for name in CELL if name != "split"]).transform("any")
