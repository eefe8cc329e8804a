"""Draw the figure of one dataset: training times beside the published ones, or learning curves."""

import argparse
from pathlib import Path

import labels
import numpy as np
import published as study
import style
import summarise
from cli import UserError, run

LOG_FROM = 30  # largest over smallest bar of a panel from which the axis is logarithmic
WIDTH = 8.6  # inches
BAR = 0.36  # height of a bar; a framework takes 1


def options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", help="which dataset")
    parser.add_argument(
        "--kind", choices=list(KINDS), default="times", help="times (default) or learning curves"
    )
    parser.add_argument("--runs", type=Path, required=True, help="runs.parquet of collect.py")
    parser.add_argument("--out", type=Path, required=True, help="prefix of the .svg and .png")
    parser.add_argument(
        "--published", type=Path, default=study.FOLDER, help="folder of the study's figures (CSV)"
    )
    return parser.parse_args()


def panels(runs):
    """Devices and splits that the runs have, in the order of the plan: the rows and columns."""
    return list(dict.fromkeys(runs["device"])), list(dict.fromkeys(runs["split"]))


def panel_title(device, split, folds):
    return f"{labels.device(device)}, {labels.split(split, folds)}"


def variant_names(runs):
    """A function from a row to its label: framework, and settings where there are several."""
    several = [name for name in ("settings", "implementation") if runs[name].nunique() > 1]

    def name(row, separator="\n"):
        words = {"settings": "{} settings", "implementation": "{}"}
        extra = ", ".join(words[column].format(row[column]) for column in several)
        return labels.framework(row["framework"]) + (f"{separator}{extra}" if extra else "")

    return name


# ---- times: bars of the measured time, published ones below them where comparable ----


def draw_times(runs, figures, plt):
    """Figure of the training times of one dataset. `runs` holds that dataset only."""
    cells, compared = summarise.cells(runs), summarise.published(runs, figures)
    devices, splits = panels(runs)
    bars = cells.groupby(["device", "split"], sort=False).size().groupby("device", sort=False).max()
    figure, axes = plt.subplots(
        len(devices),
        len(splits),
        figsize=(WIDTH, 1.3 + (0.8 + 0.62 * bars).sum()),
        height_ratios=bars[devices],
        squeeze=False,
        layout="constrained",
    )
    reasons, any_published = {}, False
    for axis_row, device in zip(axes, devices, strict=True):
        for axis, split in zip(axis_row, splits, strict=True):
            panel = cells[(cells["device"] == device) & (cells["split"] == split)]
            left_out = times_panel(axis, panel, compared, variant_names(runs), axis is axis_row[0])
            reasons |= dict.fromkeys(left_out)
            any_published |= any(patch.get_hatch() for patch in axis.patches)
    figure.suptitle(f"{heading(runs)}: training time", x=0.01, ha="left", fontweight="bold")
    legend(figure, runs, reasons, any_published)
    return figure


def times_panel(axis, panel, compared, name, named):
    """Draw one panel; returns why published figures were left out, as a list of reasons."""
    if panel.empty:
        axis.axis("off")
        return []
    first, reasons, drawn = panel.iloc[0], [], []
    for place, (_, cell) in enumerate(panel.iterrows()):
        colour = style.look(cell["framework"], panel["framework"])[0]
        printed, reason = published_bar(cell, compared)
        shift = BAR / 2 + 0.02 if printed else 0
        if cell["folds_ok"] == cell["folds"]:
            drawn.append((place - shift, cell["seconds"], measured_label(cell), "none"))
            axis.barh(place - shift, cell["seconds"], BAR, color=colour)
        else:
            words = labels.incomplete(cell["folds_ok"], cell["folds"])
            drawn.append((place - shift, None, words, "gap"))
        if printed:
            axis.barh(
                place + shift,
                printed,
                BAR,
                facecolor=style.lighter(colour),
                edgecolor=colour,
                hatch=style.HATCH,
                linewidth=0.8,
            )
            drawn.append((place + shift, printed, seconds(printed), "printed"))
        elif reason:
            reasons.append(reason)
    scale_times(axis, [value for _, value, _, _ in drawn if value])
    for place, value, words, kind in drawn:
        axis.annotate(
            words,
            (value if value else axis.get_xlim()[0], place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=style.INK if kind == "none" else style.GREY,
            style="italic" if kind == "gap" else "normal",
        )
    axis.set_yticks(range(len(panel)), [name(cell) for _, cell in panel.iterrows()])
    axis.tick_params(axis="y", length=0, labelleft=named)
    axis.set_ylim(len(panel) - 0.4, -0.6)
    axis.grid(axis="x")
    title = panel_title(first["device"], first["split"], first["folds"])
    axis.set_title(title + (", all folds" if first["folds"] > 1 else ""))
    return reasons


def published_bar(cell, compared):
    """(published seconds or None, why it is not shown or None) of a measured cell."""
    if cell["settings"] != "published" or cell["implementation"] != "idiomatic":
        return None, None
    found = compared[(compared[study.CELL] == cell[study.CELL]).all(axis=1)]
    if found.empty:
        return None, None
    found = found.iloc[0]
    if found["status"] == "not comparable":
        return None, found["reason"]
    return found["published_s"], None


def scale_times(axis, values):
    """Room for the labels; a logarithmic axis only where bars differ by more than LOG_FROM."""
    if not values:
        axis.set_xlim(0, 1)
        axis.set_xticks([])
        return
    if max(values) > LOG_FROM * min(values):
        low = 10 ** np.floor(np.log10(min(values)) - 0.3)
        axis.set_xscale("log")
        axis.set_xlim(low, low * (max(values) / low) ** 1.35)
        axis.set_xlabel("seconds, logarithmic scale")
    else:
        axis.set_xlim(0, max(values) * 1.5)
        axis.xaxis.set_major_locator(style.matplotlib.ticker.MaxNLocator(5))
        axis.set_xlabel("seconds")


def measured_label(cell):
    words = seconds(cell["seconds"])
    if cell["folds"] > 1:
        words += f"\n({seconds(cell['fold_mean_s'])} ± {spread(cell)} a fold)"
    return words


def spread(cell):
    return f"{cell['fold_sd_s']:.{decimals(cell['fold_mean_s'])}f}"


def seconds(value):
    return f"{value:.{decimals(value)}f} s"


def decimals(value):
    return 0 if value >= 1000 else 1 if value >= 10 else 2


def legend(figure, runs, reasons, any_published):
    """Below the figure: where it was measured, where the study did, what is not shown and why."""
    done = runs[runs["status"] == "ok"]
    machines = list(dict.fromkeys(summarise.machine_in_words(row) for _, row in done.iterrows()))
    where = "\n".join(machines[:3]) + ("\nand others" if len(machines) > 3 else "")
    patch, grey = style.matplotlib.patches.Patch, style.GREY
    handles = [patch(facecolor=grey, label=f"measured: {where or 'no run is finished'}")]
    light = {"facecolor": style.lighter(grey), "edgecolor": grey, "hatch": style.HATCH}
    if any_published:
        handles.append(patch(**light, label="published: 2020, Core i7-4712MQ, GeForce 840M"))
    if reasons:
        label = f"published times that are not comparable are not shown: {'; '.join(reasons)}"
        handles.append(patch(facecolor="none", label=label))
    figure.legend(handles=handles, loc="outside lower left", ncols=1, fontsize=8)


def heading(runs):
    """Name of the dataset, with the settings where all runs share one."""
    name = labels.dataset(runs["dataset"].iloc[0])
    if runs["settings"].nunique() > 1:
        return name
    return f"{name} ({runs['settings'].iloc[0]} settings)"


# ---- learning: mean training loss by epoch ----


def draw_learning(runs, figures, plt):
    """Figure of the learning curves of one dataset. `runs` holds that dataset only."""
    devices, splits = panels(runs)
    figure, axes = plt.subplots(
        len(devices),
        len(splits),
        figsize=(WIDTH, 3.1 * len(devices) + 0.9),
        squeeze=False,
        sharey=True,
        layout="constrained",
    )
    handles = {}
    for axis_row, device in zip(axes, devices, strict=True):
        for axis, split in zip(axis_row, splits, strict=True):
            panel = runs[(runs["device"] == device) & (runs["split"] == split)]
            handles |= learning_panel(axis, panel, variant_names(runs))
        axis_row[0].set_ylabel("training loss\n(mean cross-entropy of an epoch)")
    figure.suptitle(f"{heading(runs)}: learning curves", x=0.01, ha="left", fontweight="bold")
    name = variant_names(runs)
    planned = dict.fromkeys(name(run, separator=", ") for _, run in runs.iterrows())
    handles = {label: handles[label] for label in planned if label in handles}
    if not handles:
        axes[0, 0].set_yticks([])
    elif "kfold" in splits:
        band = style.matplotlib.patches.Patch(color=style.GREY, alpha=0.3, linewidth=0)
        handles["cross-validation: mean, least to greatest fold"] = band
    if handles:
        figure.legend(
            handles.values(),
            handles.keys(),
            loc="outside lower left",
            ncols=4 if len(handles) <= 4 else 3,
            handlelength=3.5,
        )
    return figure


def learning_panel(axis, panel, name):
    """Draw one panel; returns the lines by label."""
    if panel.empty:
        axis.axis("off")
        return {}
    handles, gaps, folds = {}, [], 1
    variants = list(dict.fromkeys(zip(panel["settings"], panel["implementation"], strict=True)))
    for key, cell in panel.groupby(["settings", "implementation", "framework"], sort=False):
        done, label = cell[cell["status"] == "ok"], name(cell.iloc[0], separator=", ")
        folds = max(folds, len(cell))
        if len(done) < len(cell):
            gaps.append(f"{label}: {labels.incomplete(len(done), len(cell))}")
        if done.empty:
            continue
        colour, line, marker = style.look(key[2], panel["framework"])
        shortest = min(map(len, done["train_losses"]))
        losses = np.array([list(one[:shortest]) for one in done["train_losses"]])
        epochs = np.arange(1, shortest + 1)
        filled = variants.index(key[:2]) == 0  # other settings have hollow markers
        (handles[label],) = axis.plot(
            epochs,
            losses.mean(axis=0),
            linestyle=line,
            color=colour,
            marker=marker,
            markersize=4.5,
            markerfacecolor=colour if filled else "white",
            markevery=max(1, shortest // 12),
            linewidth=1.6,
        )
        if len(done) > 1:
            axis.fill_between(
                epochs, losses.min(axis=0), losses.max(axis=0), color=colour, alpha=0.2, linewidth=0
            )
    first = panel.iloc[0]
    axis.set_title(panel_title(first["device"], first["split"], folds))
    axis.set_xlabel("epoch")
    if handles:
        axis.xaxis.set_major_locator(style.matplotlib.ticker.MaxNLocator(integer=True))
    else:
        axis.set_xticks([])
    axis.tick_params(labelleft=True)
    axis.grid()
    if gaps:
        axis.text(
            0.98,
            0.97,
            "\n".join(gaps),
            transform=axis.transAxes,
            ha="right",
            va="top",
            fontsize=8,
            style="italic",
            color=style.GREY,
        )
    return handles


KINDS = {"times": draw_times, "learning": draw_learning}


def draw(kind, dataset, runs, figures):
    """The figure of one dataset. Raises UserError if the experiment does not have the dataset."""
    import matplotlib.pyplot as plt

    of_dataset = runs[runs["dataset"] == dataset]
    if of_dataset.empty:
        raise UserError(
            f"{dataset} is not in the experiment, which has {', '.join(runs['dataset'].unique())}:"
            " add it to `datasets` in the config"
        )
    return KINDS[kind](of_dataset, figures, plt)


def main():
    args = options()
    runs, figures = summarise.read_runs(args.runs), study.read(args.published)
    style.save(draw(args.kind, args.dataset, runs, figures), args.out)


if __name__ == "__main__":
    run(main)
