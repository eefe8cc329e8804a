"""One run as a page that a person can read."""

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from scripts.analysis import display_names
from scripts.core import record
from scripts.core.columns import RUN_ID
from scripts.core.errors import UserError
from scripts.core.experiment_file import read_experiment
from scripts.core.run_id import RunId
from scripts.core.text import aligned, many
from scripts.core.validity import VERDICTS
from scripts.records import read_records, run_flags

WIDTH = 100  # of running text
Row = Mapping[str, Any]  # of the table of runs


def explain(path: Path, code: Mapping[str, str]) -> str:
    """Return the page of one record; `code` maps frameworks to the digest of the present training code.

    Raises UserError if the file is no record, or lies in no experiment.
    """
    if not path.is_file():
        raise UserError(f"{path}: there is no such file; records are RESULTS/runs/.../fold-K.json")
    results = experiment_of(path)
    try:
        made = record.read_either(path)
    except ValueError as error:
        raise UserError(str(error)) from None
    if isinstance(made, record.Failure):
        return f"{path}: failed on {made.host}, {period(made.started, made.finished)}: {made.reason}"
    config, planned = read_experiment(results / "experiment.json")
    if made.run not in planned:
        raise UserError(f"{path}: is not a run that {results}/experiment.json plans")
    of_dataset = [one for one in planned if one.dataset == made.run.dataset]
    rows = read_records.collect(config, of_dataset, results / "runs", code)
    counts = made.run.path(results / "runs")
    if path.resolve() == counts.resolve():
        return page(made.run, rows)
    tried = read_records.alone(made, config, code)
    others = [tried if same(row, made.run, *vars(made.run)) else row for row in rows]
    return f"An attempt, kept beside the record that counts: {counts}\n{page(made.run, others)}"


def experiment_of(path: Path) -> Path:
    """Return the results folder that a record lies in. Raises UserError if there is none."""
    for folder in path.absolute().parents:
        if (folder / "experiment.json").is_file():
            return folder
    raise UserError(f"{path}: lies in no results folder, which has an experiment.json")


def page(run_id: RunId, rows: Sequence[Row]) -> str:
    """Return the page of a finished run; `rows` are those of all runs on its dataset, as collected."""
    run = next(row for row in rows if same(row, run_id, *vars(run_id)))
    parts = [
        heading(run_id),
        *doubts(run),
        *section("Wall seconds", seconds(run)),
        *section("What it learned", learning(run)),
        *section("How it ran", surroundings(run)),
        *section("Software", software(run)),
        *section("The same rows in each framework", siblings(run, rows, "framework")),
        *section("All folds of this framework", siblings(run, rows, "fold")),
        "\nEvery field: docs/columns.md. What flags and verdicts mean: docs/method.md.",
    ]
    return "\n".join(parts)


def same(row: Row, run_id: RunId, *columns: str) -> bool:
    """Return whether a row is that of the run, as far as these columns go."""
    return all(row[name] == getattr(run_id, name) for name in columns)


def heading(run_id: RunId) -> str:
    """Return what was trained in one line."""
    fold = f", fold {run_id.fold}" if run_id.split == "kfold" else ""
    seed = f", replicate {run_id.replicate}" if run_id.replicate else ""
    return (
        f"{display_names.framework(run_id.framework)}, {run_id.implementation}, on"
        f" {display_names.dataset(run_id.dataset)}: {display_names.split(run_id.split)}{fold}{seed},"
        f" {run_id.settings} settings, {display_names.device(run_id.device)}"
    )


def doubts(run: Row) -> Iterator[str]:
    """Yield the verdict, and each flag with its reason and what to do."""
    yield f"{run['validity']}: {VERDICTS[run['validity']]}"
    for flag in run["flags"]:
        advice = run_flags.ADVICE[flag["flag"]].rstrip(":")
        yield wrapped(f"- {flag['flag']}: {flag['reason']}. What to do: {advice}", "  ")


def wrapped(text: str, indent: str) -> str:
    """Return running text in lines of WIDTH; all but the first are indented."""
    return textwrap.fill(
        text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def section(title: str, lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield a section of lines, each a name, values and a remark; nothing without lines."""
    if lines:
        yield f"\n{title}"
        values = list(aligned([["  " + line[0], *line[1:-1]] for line in lines], 1))
        width = max(map(len, values))
        yield from (
            f"{value.ljust(width)}  {line[-1]}".rstrip() for value, line in zip(values, lines, strict=True)
        )


def seconds(run: Row) -> list[list[str]]:
    """Lay out the phases of a run, in their order."""
    epochs = list(run["epochs_s"])
    lines = [
        [
            "import",
            run["import_s"],
            "the framework; " + ("once for several folds" if run["import_shared"] else "before the clock"),
        ],
        ["load", run["load_s"], "reading, scaling and handing over the rows; not in the total"],
        ["build", run["build_s"], "network, loss and optimiser"],
        ["compile", run["compile_s"], "what the first training step costs beyond the second"],
        ["train", run["train_s"], epochs_in_words(epochs, run["train_cpu_s"])],
        ["total", run["total_s"], "build + compile + train: what the tables compare"],
        ["predict", run["predict_s"], f"{run['test_rows']:,} test rows; not in the total"],
    ]
    if run["first_s"] is not None:
        lines.append(
            [
                "first",
                run["first_s"],
                "building and compiling when nothing was compiled yet; not in the total",
            ]
        )
    return [[name, f"{value:.3f}", remark] for name, value, remark in lines]


def epochs_in_words(epochs: Sequence[float], cpu_s: float) -> str:
    """Return how long epochs took, and how many cores they kept busy."""
    words = f"{many(len(epochs), 'epoch')}, median {median(epochs):.4g} s"
    if len(epochs) > 1:
        tenths = quantiles(epochs, n=10, method="inclusive")
        words += f", 10th to 90th percentile {tenths[0]:.4g} to {tenths[-1]:.4g}"
    return f"{words}; {cpu_s / sum(epochs):.1f} cores busy"


def learning(run: Row) -> list[list[str]]:
    """Lay out what the network learned."""
    losses = list(run["train_losses"])
    return [
        ["accuracy", f"{100 * run['test_accuracy']:.2f} %", f"of {run['test_rows']:,} test rows"],
        ["test loss", f"{run['test_loss']:.4f}", "mean cross-entropy"],
        ["training loss", f"{losses[-1]:.4f}", f"in the last epoch; {losses[0]:.4f} in the first"],
        ["rows", f"{run['train_rows']:,}", "that it was trained on"],
        ["parameters", f"{run['parameters']:,}", "as the framework counts them"],
    ]


def surroundings(run: Row) -> list[list[str]]:
    """Lay out threads, machine and what the machine did meanwhile; what it does not report is left out."""
    facts = [
        ("threads", run["threads"], threads_in_words(run)),
        ("other load", number(run["other_cores"], ".2f"), "cores that others kept busy"),
        ("stolen", percent(run["steal_share"]), "of the processor time wanted, for other machines"),
        ("memory", number(run["peak_memory_mb"], ",.0f"), "MiB at most"),
        ("GPU memory", number(run["gpu_peak_memory_mb"], ",.0f"), "MiB of its tensors at most"),
        ("energy", number(run["cpu_energy_j"], ",.0f"), "J of all processors"),
        ("GPU energy", number(run["gpu_energy_j"], ",.0f"), "J"),
        ("calibration", number(run["calibration_gflops"], ",.0f"), "GFLOP/s of a float32 matrix product"),
        ("attempts", run["attempts"], "of which this is the cleanest"),
    ]
    gpu = f", {run['gpu']}" if run["gpu"] else ""
    machine = f"{run['cpu']}{gpu}, {run['memory_mb'] / 1024:,.0f} GiB, {run['system']}, host {run['host']}"
    return [
        ["when", "", period(run["started"], run["finished"])],
        ["where", "", machine],
        *([name, str(value), remark] for name, value, remark in facts if value is not None),
    ]


def number(value: float | None, form: str) -> str | None:
    """Write a number, or None where it is not known."""
    return None if value is None else format(value, form)


def percent(share: float | None) -> str | None:
    """Write a share of 1 as `1.5 %`, or None where it is not known."""
    return None if share is None else f"{100 * share:.1f} %"


def threads_in_words(run: Row) -> str:
    """Return what became of the threads that were declared."""
    words = [f"of {run['threads_declared']} declared"] if run["threads"] != run["threads_declared"] else []
    words += [f"{run['threads_reported']} reported"] if run["threads_reported"] is not None else []
    words += [f"{run['threads_computing']} computed"] if run["threads_computing"] is not None else []
    cores = run["pinned_cores"]
    words.append("on cores of its own: " + display_names.fold_list(cores) if cores else "not pinned")
    return ", ".join(words)


def period(started: str, finished: str) -> str:
    """Write `2026-11-29 05:12:06 to 05:12:10 UTC` of two ISO 8601 times."""
    first, last = datetime.fromisoformat(started), datetime.fromisoformat(finished)
    end = last.strftime("%H:%M:%S" if last.date() == first.date() else "%Y-%m-%d %H:%M:%S")
    return f"{first:%Y-%m-%d %H:%M:%S} to {end} UTC"


def software(run: Row) -> list[list[str]]:
    """Lay out what ran, and how the framework says that it is set."""
    facts = json.loads(run["library_facts"])
    lines = [[name, "", str(value)] for name, value in facts.items() if value is not None]
    lines += [["Python", "", f"{run['python']}, {run['environment']}"]]
    commit = run["workflow_commit"]
    return [*lines, ["commit", "", commit[:12]]] if commit else lines


def siblings(run: Row, rows: Sequence[Row], across: str) -> list[list[str]]:
    """Lay out the runs that differ from this one in one column alone; nothing where there is no other."""
    columns = [name for name in RUN_ID if name != across]
    found = [row for row in rows if all(row[name] == run[name] for name in columns)]
    if len(found) < 2:
        return []
    lines = [["", "total s", "of this", "epoch s", "accuracy", ""]]
    for row in found:
        name = display_names.framework(row["framework"]) if across == "framework" else f"fold {row['fold']}"
        if row["status"] != "ok":
            lines.append([name, "-", "-", "-", "-", row["status"]])
            continue
        ratio = row["total_s"] / run["total_s"]
        epoch, accuracy = median(row["epochs_s"]), 100 * row["test_accuracy"]
        remark = "this run" if row is run else "" if row["validity"] == "clean" else row["validity"]
        lines.append(
            [name, f"{row['total_s']:.2f}", f"{ratio:.2f} x", f"{epoch:.4g}", f"{accuracy:.2f} %", remark]
        )
    return lines
