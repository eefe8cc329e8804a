"""What was measured, for readers: tables on the terminal, and docs/performance.md."""

from collections.abc import Mapping
from pathlib import Path

from bench import comparisons, section
from bench.lines import Line, Ratio
from bench.section import Section
from scripts.core.files import atomic
from scripts.core.paths import ROOT
from scripts.core.text import aligned, many

FOLDER = ROOT / "docs"
HEAD = ["", "A", "B", "A/B, wall", "A/B, CPU", "A/B, memory", "target", "stolen", "others"]
LABELS = {"wall": "wall", "cpu": "CPU", "memory": "memory"}  # of a ratio, by the keys of lines.FIELDS
INTRODUCTION = """\
# Performance

Written by `make bench`, which measures what trainclock costs next to what it is compared with. Every line
is measured within one run: each command in a fresh process, once to warm up and then in turns, A B A B. The
table has the medians of wall seconds, CPU seconds (user and system, all threads and children) and peak
memory (MiB, of the largest process). A/B is the ratio of the medians; in brackets are the lowest and the
highest ratio of a single turn. *Stolen* is the share of the processor time wanted meanwhile that the
hypervisor gave to other machines, *others* the number of cores that other programs kept busy: a line with
more than 2 % or 0.25 is worth little, and is to be measured again. All samples are in
[performance.json](performance.json).

With every framework installed `make bench` takes hours; `make bench only=NAME` measures one comparison
again and leaves the others as they are. `.venv/bin/python bench --help` has more options."""


def table(lines: list[Line], ranges: bool) -> list[list[str]]:
    """Return the head and a row a line, without the columns in which nothing is."""
    rows = [HEAD, *(row(line, ranges) for line in lines)]
    kept = [n for n, column in enumerate(zip(*rows, strict=True)) if n == 0 or any(column[1:])]
    return [[cells[n] for n in kept] for cells in rows]


def row(line: Line, ranges: bool) -> list[str]:
    """Write the cells of a line; `ranges` of ratios make it too long for a terminal."""
    a, b = (amounts(medians) for medians in [*line.medians, {}][:2])
    ratios = [ratio(line.ratios.get(name), ranges) for name in LABELS]
    stolen, others = line.disturbance.stolen_share, line.disturbance.other_cores
    around = [
        "" if stolen is None else f"{100 * stolen:.1f} %",
        "" if others is None else f"{others:.2f}",
    ]
    return [line.subject, a, b, *ratios, target(line), *around]


def amounts(medians: Mapping[str, float]) -> str:
    """Write wall seconds, CPU seconds and memory, as far as they are known."""
    parts = []
    if "wall" in medians:
        parts.append(seconds(medians["wall"]))
    if "cpu" in medians:
        parts.append(f"CPU {seconds(medians['cpu'])}")
    if "memory" in medians:
        parts.append(f"{medians['memory']:.0f} MiB")
    return ", ".join(parts)


def seconds(value: float) -> str:
    """Write seconds with three digits, short ones in milliseconds."""
    return f"{value:.3g} s" if value >= 0.1 else f"{1000 * value:.3g} ms"


def ratio(found: Ratio | None, with_range: bool) -> str:
    """Write a ratio, alone or with its range."""
    if found is None:
        return ""
    return f"{found.medians:.3g}" + f" ({found.lowest:.3g} to {found.highest:.3g})" * with_range


def target(line: Line) -> str:
    """Write the highest ratios that are wanted, and whether they are met."""
    wanted = ", ".join(f"{LABELS[name]} {most:.3g}" for name, most in line.targets.items())
    return f"{wanted}: {'met' if line.met() else 'missed'}" if wanted else ""


def terminal(measured: Section) -> str:
    """Write the table of a comparison for the terminal."""
    return "\n".join(aligned(table(measured.lines, ranges=False), 1))


def markdown(rows: list[list[str]]) -> str:
    """Write a table in Markdown."""
    head, *others = rows
    rule = ["---", *["---:" for _ in head[1:]]]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *others))


def text(sections: Mapping[str, Section]) -> str:
    """Write the page of all comparisons, those that were never measured, too."""
    parts = [INTRODUCTION]
    for name in comparisons.NAMES:
        parts += part(name, sections.get(name))
    return "\n\n".join(parts) + "\n"


def part(name: str, measured: Section | None) -> list[str]:
    """Write the paragraphs of a comparison."""
    about = comparisons.module(name)
    b = f"\\\nB: {about.B}." if about.B else ""
    paragraphs = [f"## {about.TITLE}", f"A: {about.A}.{b}"]
    if measured is None:
        return [*paragraphs, f"`make bench only={name}`: not measured yet."]
    when = f"{many(measured.turns, 'turn')} on {measured.date}, {measured.machine}"
    paragraphs.append(f"`make bench only={name}`: {when}.")
    if measured.lines:
        paragraphs.append(markdown(table(measured.lines, ranges=True)))
    if measured.left_out:
        paragraphs.append(f"Left out on this machine: {'; '.join(measured.left_out)}.")
    if measured.failed:
        paragraphs.append(f"Failed: {'; '.join(measured.failed)}.")
    return paragraphs


def write(sections: Mapping[str, Section], folder: Path) -> None:
    """Write performance.json and performance.md."""
    section.write(sections, folder / "performance.json")
    with atomic(folder / "performance.md") as temporary:
        temporary.write_text(text(sections), encoding="utf-8")


def files() -> dict[Path, str]:
    """Return the page in docs/ and its text, from what is kept there."""
    return {FOLDER / "performance.md": text(section.read(FOLDER / "performance.json"))}
