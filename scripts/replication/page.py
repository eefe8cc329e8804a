"""The page of the study as it was repeated, in Markdown: tables of the product, one below the other."""

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from scripts import tables
from scripts.analysis import display_names
from scripts.analysis.experiment import Experiment
from scripts.analysis.frames import column, each_group, finished_runs
from scripts.analysis.study import verdicts
from scripts.compare.sources import Source
from scripts.core.columns import CELL
from scripts.core.text import machine_words, many
from scripts.replication import figure, roster, short
from scripts.replication.played import Played
from scripts.tables.page_markdown import markdown, markdown_table
from scripts.tables.page_model import Block, Cell, gap, text

GENERATED = "<!-- Written by `make replication` from replication/*.tar.gz: do not edit. -->"
LEGEND = (
    "Upright: measured here, with published settings and idiomatic implementations. *Italic: as the study"
    " prints it.* (?): a run was disturbed, or its epochs took unequal times."
)
ABOUT = """\
In January 2020 a student project at Cracow University of Technology, *Comparison of the run times of neural
networks and deep networks in TensorFlow, PyTorch and Theano* (course *Parallel and distributed programming*),
timed them on four datasets, and printed a table of 48 cells and six conclusions. This page sets beside
them what trainclock measured: the same networks on the same data, with the same split, epochs, batch size
and optimisers, in the frameworks' present versions. TensorFlow's times include sleeps of its own between
epochs ([how it is measured](method.md#flags-and-verdicts)). MNIST with matched settings was made on other
hardware of the same name, whose matrix products took longer: compare its accuracies, not its times.
"""
# Title and text of the exports that are shown apart.
APART = {
    "roster": (
        "Every framework, on one machine",
        "Three networks with matched settings, so that all frameworks train the same one from the same"
        " weights: 6,000 rows of each dataset, the study's epochs and batches, idiomatic and tuned, one run"
        " after the other. Here any two frameworks can be compared. On few rows what a library does once"
        " (compiling, most of all) weighs more than on all of them.",
    ),
    "frameworks": (
        "Eight frameworks, idiomatic and tuned",
        "One network in the study's three frameworks and the five in use today, one after the"
        " other on one machine: with published settings, where each library keeps its own defaults, and with"
        " matched settings, where all train the same network. The hardware has the same name as above and"
        " takes longer: compare these times with each other.",
    ),
    "contemporaries": (
        "The study's contemporaries",
        "What a reader would have asked for in 2020: CNTK through Keras, which the study names, MXNet and"
        " Chainer, all of which their makers have given up since, next to the study's three frameworks. Made"
        " apart, too: compare these times with each other.",
    ),
    "images": (
        "The networks of images, the same in each framework",
        "With matched settings all train the same network from the same weights, so that accuracies differ by"
        " what is drawn for dropout, and times by the libraries alone. 6,000 rows of each dataset, 12 epochs."
        " Made apart, too: compare these times with each other.",
    ),
    "images-folds": (
        "The networks of images in folds",
        "The same rows, with cross-validation in three folds, not ten, so that there are intervals. Another"
        " machine than that of the table above: what one framework takes over another depends on the"
        " processor, too. They were made in three stretches, in which this machine multiplied matrices at"
        " different speeds (MNIST and CIFAR-10, idiomatic, then tuned; then CIFAR-100): compare frameworks of"
        " one row with each other, and tuned with idiomatic for CIFAR-100 alone.",
    ),
}
# The figure of an export that is shown apart, and what describes it.
FIGURES = {"roster": roster}
# Tables of the folds of an export that is shown apart, below its answers.
ALSO = {"images-folds": ("differences",)}
BACKENDS = (
    "As the study would have printed it. It set out to compare Keras, too, and dropped it because Keras's"
    " computations run on a backend: TensorFlow, Theano or CNTK. Theano and CNTK have Keras 2.3.1 here, {}"
    " Keras 3."
)
REPEAT = """\
## Go on, or run it yourself

`make restore FROM={export} PRESET=replication` puts these records into your own `results/replication`;
`.venv/bin/snakemake --cores all --configfile presets/replication.yaml` then makes those that are missing.
How your machine compares with ours:

```
.venv/bin/snakemake --cores 4 --config threads=2 'splits=[holdout]' results=results/study
make compare A=results/study B={export}
```

Our runs had two threads each. Times are compared where both had the same number (`threads` of the
config), accuracies always.
"""
TITLES = {"answer": "Which framework is fastest"}  # where the product's own would be there twice
MOST_BLOCKS = {"software": 1}  # without every package: envs/ pins them
# Tables of the product that the page shows, below the table in short and the verdicts.
TABLES = ("published", "answer", "doubts", "flags", "machines", "software")


def page(played: Played, export: str) -> str:
    """Write the page; `export` is the file that others go on from."""
    parts = [GENERATED, "# The study, repeated", ABOUT, *facts(played), "## In short"]
    parts += [markdown_table(short.block(played.experiment)), LEGEND]
    parts += [f"![{figure.describe(played.experiment)}](replication.svg)", *conclusions(played)]
    parts += ["## What was run", *extent(played)]
    for name in TABLES:
        table = tables.module(name)
        tidy = table.tidy(played.experiment)
        shown = table.page(tidy, played.experiment)
        shown.title = TITLES.get(name, shown.title)
        shown.blocks = shown.blocks[: MOST_BLOCKS.get(name)]
        parts.append(markdown(shown, level=2))
        if name == "answer":
            parts += [compared_apart(label, experiment) for label, experiment in played.apart.items()]
    parts.append(REPEAT.format(export=export))
    return "\n\n".join(part.strip() for part in parts) + "\n"


def compared_apart(label: str, experiment: Experiment) -> str:
    """Write the answers of an export whose runs are compared with each other alone."""
    table = tables.module("answer")
    shown = table.page(table.tidy(experiment), experiment)
    shown.title, about = APART[label]
    made = dates(finished_runs(experiment.runs))
    shown.notes = [f"{about} Made {made}.", *shown.notes[:2]]  # the others stand above
    parts = [markdown(shown, level=2), *backends(experiment), *also(label, experiment)]
    if label in FIGURES:
        parts.append(f"![{FIGURES[label].describe(experiment)}]({label}.svg)")
    return "\n\n".join(part.strip() for part in parts)


def also(label: str, experiment: Experiment) -> Iterator[str]:
    """Write the further tables of an export that is shown apart: of its folds, as one run tests nothing."""
    folds = replace(experiment, runs=experiment.runs.loc[column(experiment.runs, "split") == "kfold"])
    for name in ALSO.get(label, ()):
        table = tables.module(name)
        yield markdown(table.page(table.tidy(folds), folds), level=3)


def backends(experiment: Experiment) -> Iterator[str]:
    """Write what the study would have printed of Keras's backends, where CNTK was run, too."""
    table = tables.module("backends")
    tidy = table.tidy(experiment)
    names = set(tidy["framework"])
    if "cntk" in names:
        shown = table.page(tidy, experiment)
        shown.title = "Keras and its backends"
        shown.notes = [BACKENDS.format("all others have" if "keras_jax" in names else "TensorFlow has")]
        shown.blocks = shown.blocks[:1]  # published settings, idiomatic
        yield markdown(shown, level=3)


def readme(played: Played) -> str:
    """Write what each export is, for the folder that holds them."""
    rows = [export_row(export) for export in played.exports]
    header = ["file", "experiment", "runs", "machine", "made"]
    return (
        "\n\n".join(
            [
                GENERATED,
                "# Our own runs",
                "Each file is an experiment of ours as `make export` packs it: records, config, pins of the"
                " environments. [docs/replication.md](../docs/replication.md) shows what came out.",
                markdown_table(Block("", header, rows)),
                "`make compare A=results B=replication/CPU.tar.gz` sets your results beside ours, times where"
                " yours had two threads, too (`--config threads=2`);"
                " after the quickstart it is `make compare A=results/quickstart"
                " B=replication/quickstart.tar.gz`."
                " `make restore FROM=replication/CPU.tar.gz PRESET=replication` goes on where ours end.",
            ]
        )
        + "\n"
    )


def export_row(export: Source) -> list[Cell]:
    """Lay out one export: its file, what it is of, its runs, machine and dates."""
    finished, config = export.finished, export.config
    datasets = ", ".join(display_names.dataset(name) for name in config["datasets"])
    rows = config["split"]["rows"]
    what = datasets + (f", {rows:,} rows of each" if rows else "")
    return [
        text(f"`{export.label}.tar.gz`"),
        text(what),
        text(f"{len(finished)} of {len(export.runs)}"),
        text("; ".join(machines(finished))),
        text(dates(finished)),
    ]


def facts(played: Played) -> Iterator[str]:
    """Write on what machine, when and how much of it was run."""
    finished = played.finished
    yield (
        f"{many(len(finished), 'run')}, made {dates(finished)} on {' and '.join(machines(finished))}."
        " What is not here was not run yet; no finished run is left out."
    )


def machines(finished: pd.DataFrame) -> list[str]:
    """Name the machines of runs, each once."""
    kinds = finished.loc[:, ["cpu", "gpu", "threads"]].drop_duplicates()
    return list(dict.fromkeys(machine_words(row) for row in kinds.to_dict("records")))


def dates(finished: pd.DataFrame) -> str:
    """Write from when to when runs were made: `2026-11-29`, or `2026-11-29 to 2026-12-02`."""
    first, last = min(finished["started"])[:10], max(finished["finished"])[:10]
    return first if first == last else f"{first} to {last}"


def conclusions(played: Played) -> Iterator[str]:
    """Write the six conclusions, what became of each, and on what grounds."""
    yield "## The six conclusions"
    yield verdicts.RULE
    header, rows = ["the study's conclusion", "here", "evidence"], []
    for one in played.outcomes:
        verdict = text(f"**{one.verdict}**") if one.verdict != verdicts.NOT_TESTED else gap(one.verdict)
        evidence = one.evidence + (f" Runs: {one.runs}." if one.runs else "")
        rows.append([text(f"{one.conclusion.number}. {one.conclusion.words}"), verdict, text(evidence)])
    yield markdown_table(Block("", header, rows))


def verdict_words(played: Played) -> str:
    """Write what became of the conclusions, a line for each verdict: `- **confirmed**: ... (3); ... (5)`."""
    claims: dict[str, list[str]] = {}
    for one in played.outcomes:
        claims.setdefault(one.verdict, []).append(f"{one.conclusion.claim} ({one.conclusion.number})")
    order = (verdicts.CONFIRMED, verdicts.CONTRADICTED, verdicts.NOT_TESTED)
    lines = [f"- **{verdict}**: {'; '.join(claims[verdict])}" for verdict in order if verdict in claims]
    return "\n".join(["The study's six conclusions, six years later:", "", *lines])


def extent(played: Played) -> Iterator[str]:
    """Write how many runs of each kind are finished, frameworks across."""
    runs = played.experiment.runs
    frameworks = list(dict.fromkeys(runs["framework"]))
    kinds = [name for name in CELL if name != "framework"]
    rows = []
    for key, group in each_group(runs, kinds):
        counts = {name: done(of) for (name,), of in each_group(group, ["framework"])}
        rows.append([*map(text, named(key)), *(text(counts.get(name, "-")) for name in frameworks)])
    yield "Finished runs of those planned; a cell without any is not run yet (-)."
    header = ["network", "split", "settings", "implementation", "device"]
    yield markdown_table(Block("", [*header, *map(display_names.framework, frameworks)], rows))


def named(key: tuple) -> list[str]:
    """Return what identifies a kind of run, in words, in the order of the table."""
    of = dict(zip([name for name in CELL if name != "framework"], key, strict=True))
    dataset, split = display_names.dataset(of["dataset"]), display_names.split(of["split"])
    return [dataset, split, of["settings"], of["implementation"], display_names.device(of["device"])]


def done(runs: pd.DataFrame) -> str:
    """Return `10/10` of the runs of one cell."""
    return f"{len(finished_runs(runs))}/{len(runs)}"
