"""The comparison in words: what `snakemake compare` prints, and the page of its table."""

from collections import Counter

from scripts.analysis import display_names
from scripts.compare.eligibility import COMPARED
from scripts.core.columns import BLOCK, CELL
from scripts.core.text import aligned, machine_words
from scripts.tables import page_model
from scripts.tables.page_model import Block, Cell, Page, gap, number, seconds, text, whole

MOST = 24  # lines of figures on the terminal; more are left to the table
MAY_VARY = ["settings", "implementation", "device"]
RULE = (
    "A cell is compared with that of the first experiment only if both have the same network, training,"
    " prepared data and rows of every fold; its times only with the same number of threads, too."
)
EXPECTED = (
    "In brackets: the ratio of times that the calibration alone foretells, a float32 matrix product which"
    " every run measures. Near it, the machine explains the difference."
)


# ---- What both share ----


def experiments(sources):
    """One row for each source: its machines, threads and runs in words."""
    rows = []
    for source in sources:
        done = source.done
        machines = dict.fromkeys(machine_words(run) for _, run in done.iterrows())
        dates = sorted({done["finished"].min()[:10], done["finished"].max()[:10]})
        rows.append(
            {
                "experiment": source.label,
                "machine": "; ".join(machines),
                "runs": f"{len(done)}/{len(source.runs)}",
                "date": " to ".join(dates),
                "GFLOP/s": calibration(done),
                "file": source.path,
            }
        )
    return rows


def calibration(done):
    """Medians in words: `TensorFlow 81, PyTorch 49`; of each device where there are several."""
    words = []
    for device, runs in done.groupby("device", sort=False):
        of = runs.groupby("framework", sort=False)["calibration_gflops"].median().dropna()
        told = ", ".join(f"{display_names.framework(name)} {value:.0f}" for name, value in of.items())
        words.append(f"{display_names.device(device)}: {told}" if done["device"].nunique() > 1 else told)
    return "; ".join(words)


def reasons(tidy):
    """{why: number of cells} of what is not compared, the most frequent first."""
    refused = tidy[tidy["status"].isin(["not comparable", "accuracy only"])]
    return dict(Counter(refused["reason"]).most_common())


def ratio_words(cell):
    expected = "" if page_model.is_null(cell["gflops_ratio"]) else f" ({cell['gflops_ratio']:.2f})"
    return f"{cell['time_ratio']:.2f}{expected}"


def points_words(cell):
    return "same" if cell["same_accuracy"] else f"{cell['points']:+.2f}"


# ---- Page ----


def page(tidy, sources):
    made = Page(
        "Experiments side by side",
        [
            f"Times and test accuracies of {len(sources)} experiments. The first is the reference.",
            RULE,
            EXPECTED,
        ],
    )
    shown = experiments(sources)
    made.blocks.append(Block("Experiments", list(shown[0]), [list(map(text, row.values())) for row in shown]))
    several = tidy["implementation"].nunique() > 1
    for (settings, implementation, device, split), block in tidy.groupby(BLOCK, sort=False):
        variant = display_names.variant(settings, implementation, several)
        where = (
            f"{display_names.device(device)}, {display_names.split(split, block['folds'].max())} ({variant})"
        )
        made.blocks.append(grid(f"{where}: seconds to build, compile and train", block, sources, times))
        made.blocks.append(grid(f"{where}: test accuracy, percent", block, sources, accuracies))
    refused = [[whole(count), text(reason)] for reason, count in reasons(tidy).items()]
    if refused:
        made.blocks.append(
            Block("Not compared, and why", ["cells", "what differs, and in which file"], refused)
        )
    told = tidy[tidy["remark"] != ""]
    if len(told):
        rows = []
        for _, row in told.iterrows():
            where = [
                display_names.dataset(row["dataset"]),
                display_names.split(row["split"]),
                display_names.device(row["device"]),
            ]
            what = [display_names.framework(row["framework"]), row["source"], row["remark"]]
            rows.append(list(map(text, [*where, *what])))
        header = ["dataset", "split", "device", "framework", "experiment", "beside the reference"]
        made.blocks.append(Block("Worth knowing", header, rows))
    return made


def grid(title, block, sources, make):
    """Rows are datasets and frameworks; `make(cells)` gives header words and a Cell for each source."""
    heads, rows = [], []
    for (dataset, framework), cells in block.groupby(["dataset", "framework"], sort=False):
        heads, found = make([row for _, row in cells.iterrows()], sources)
        rows.append([text(display_names.dataset(dataset)), text(display_names.framework(framework)), *found])
    return Block(title, ["dataset", "framework", *heads], rows)


def times(cells, sources):
    heads = [source.label for source in sources] + [
        f"{one.label} / {sources[0].label}" for one in sources[1:]
    ]
    measured = [seconds(cell["seconds"]) if is_complete(cell) else gap(cell["reason"]) for cell in cells]
    return heads, [
        *measured,
        *(compared(cell, ["comparable"], "time_ratio", ratio_words) for cell in cells[1:]),
    ]


def accuracies(cells, sources):
    heads = [source.label for source in sources] + [
        f"{one.label} - {sources[0].label}" for one in sources[1:]
    ]
    measured = [
        number(cell["accuracy_percent"]) if is_complete(cell) else gap(cell["reason"]) for cell in cells
    ]
    return heads, [*measured, *(compared(cell, COMPARED, "points", points_words) for cell in cells[1:])]


def is_complete(cell):
    return cell["folds"] and cell["folds_ok"] == cell["folds"]


def compared(cell, statuses, column, words):
    if cell["status"] in statuses:
        return Cell(words(cell), cell[column])
    return gap("" if cell["status"] in ("incomplete", "absent") else "not comparable")


# ---- Terminal ----


def summary(tidy, sources):
    """What the terminal shows, without a newline at its end."""
    shown = [["experiment", "machine", "runs", "GFLOP/s", "file"]]
    shown += [[row[name] for name in shown[0]] for row in experiments(sources)]
    varying = [name for name in MAY_VARY if tidy[name].nunique() > 1]
    first, others = sources[0].label, [source.label for source in sources[1:]]
    lines = [["dataset", "split", *varying, "framework", first, *others, "accuracy"]]
    for _, cells in tidy.groupby(CELL, sort=False):
        reference, *rest = cells.to_dict("records")
        if reference["status"] == "absent":
            continue
        names = [reference[name] for name in ("dataset", "split", *varying)]
        own = f"{reference['seconds']:.1f} s" if is_complete(reference) else reference["reason"]
        found = [ratio_words(cell) if cell["status"] == "comparable" else gap_words(cell) for cell in rest]
        points = [points_words(cell) if cell["status"] in COMPARED else "-" for cell in rest]
        framework = display_names.framework(reference["framework"])
        lines.append([*names, framework, own, *found, ", ".join(points)])
    left_out = tidy.groupby(CELL).ngroups - len(lines[1 : 1 + MOST])
    told = [
        *aligned(shown, len(shown[0])),
        "",
        f"Seconds of {first}; of the others the ratio to it (in brackets: what the calibration alone",
        "foretells). Accuracy: points of percent more than the first.",
        *aligned(lines[: 1 + MOST], 3 + len(varying)),
    ]
    if left_out:
        told.append(f"... and {left_out} more lines in the table")
    told += [f"Not compared ({count} cells): {reason}" for reason, count in reasons(tidy).items()]
    return "\n".join(told)


def gap_words(cell):
    words = {"accuracy only": "other threads", "absent": "-", "incomplete": cell["reason"]}
    return words.get(cell["status"], "not comparable")
