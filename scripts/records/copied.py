"""Whether finished runs would be made again only because of the times of files, as after a copy without them.

Snakemake makes again what is older than its inputs. Records say more than times: they hold digests of all
that they were made from.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from scripts.core import record
from scripts.core.errors import UserError
from scripts.core.run_id import RunId
from scripts.core.text import many
from scripts.records import foreign

RunOf = Callable[[Any], RunId]  # of the wildcards of a job
NETWORK = "network"  # the rule whose file a record is compared with the config instead of
TIMES = {"updated input files", "input files updated by another job"}  # Snakemake's names of these reasons


def check(
    dag: Any,
    run_of: RunOf,
    config: dict[str, Any],
    data: str,
    splits: str,
    *,
    name_of: Callable[[str], str] = str,
) -> None:
    """Raise UserError if the `dag` has runs to make whose records are of the very files that are there.

    `data` and `splits` are the folders of the prepared datasets and of the index arrays; `name_of` gives the
    name of a rule here from its name in the whole workflow.
    """
    sources = foreign.Sources(Path(data), Path(splits))
    kept = [
        (job.rule.name, file)
        for job in runs_by_times(dag, name_of, partial(has_changed, config, data))
        for file in job.output
        if is_of_these_files(file, run_of, job.wildcards, config, sources)
    ]
    if kept:
        rules = " ".join(sorted({name for name, _ in kept}))
        written = any(name_of(job.rule.name) == NETWORK for job in dag.needrun_jobs())
        first = (
            "make the target `inputs` with the same options first, without --forcerun, then "
            if written
            else ""
        )
        raise UserError(
            f"{many(len(kept), 'finished run')} would be made again only because what they were made from is"
            " newer, as after a copy that keeps no times, or after a config that was tried and given up; it"
            f" has not changed. To keep them, {first}add --touch to your command, once; to make them again,"
            f" --forcerun {rules}"
        )


def runs_by_times(
    dag: Any, name_of: Callable[[str], str], has_changed: Callable[[str], bool]
) -> Iterator[Any]:
    """Yield the runs to make of which neither they nor what they need has another reason than times."""
    to_make = {
        job
        for job in dag.needrun_jobs()
        if (name_of(job.rule.name) != NETWORK and not set(dag.reason(job).get_names()) <= TIMES)
        or (name_of(job.rule.name) == "prepare_own" and has_changed(job.wildcards.dataset))
    }
    for job in dag.needrun_jobs():
        if name_of(job.rule.name).startswith("train") and not to_make & {
            job,
            *dag.bfs(dag.dependencies, job),
        }:
            yield job


def has_changed(config: dict[str, Any], data: str, dataset: str) -> bool:
    """Return whether files of one's own hold other data than were prepared of them. Reads all of them."""
    from scripts.data.own import source, understand  # here: it needs NumPy, and is seldom asked

    own = source.of_entry(dataset, config["data"]["own"][dataset])
    return understand.has_changed(own, config["split"]["folds"], Path(data, dataset))


def is_of_these_files(
    file: str, run_of: RunOf, wildcards: Any, config: dict[str, Any], sources: foreign.Sources
) -> bool:
    """Return whether a record of a job is there, and was made from this config, data and split."""
    fold = {"split": "kfold", "fold": Path(file).stem.removeprefix("fold-")}  # of a job of several folds
    try:
        made = record.read(file)
        foreign.check(made, run_of({**fold, **wildcards}), config)
        sources.check(made)
    except (OSError, ValueError):
        return False
    return True
