"""Write what shows our own runs of the study, from the exports in replication/: docs/replication.md and .svg,
replication/README.md, the table in README.md, the output in docs/tutorial.md, and what mistakes gave that
were tried for doubtful figures.

    python scripts replication
"""

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from scripts.core.errors import UserError
from scripts.core.files import atomic
from scripts.core.paths import ROOT
from scripts.figures import files as figure_files
from scripts.replication import figure, page, played, short, tried, tutorial
from scripts.tables.page_markdown import markdown_table

EXPORTS = ROOT / "replication"
TRIED = ROOT / "resources" / "published" / "tried.csv"  # the table of doubts reads it
GO_ON = "replication/CPU.tar.gz"
QUICKSTART = "quickstart.tar.gz"
# What stands between these lines of a page is written by this step.
BEGIN, END = "<!-- {}: written by `make replication` -->", "<!-- {}: end -->"


def files(exports: Path = EXPORTS, root: Path = ROOT) -> dict[Path, str]:
    """Return {file: its text}, below `root`, of the exports in a folder."""
    shown = played.read(exports)
    words = figure.describe(shown.experiment)
    parts = [f"![{words}](docs/replication.svg)", markdown_table(short.block(shown.experiment))]
    parts += [page.LEGEND, page.verdict_words(shown)]
    drawn = {
        name: (of.draw(shown.apart[name]), of.describe(shown.apart[name]))
        for name, of in page.FIGURES.items()
        if name in shown.apart
    }
    parts += [f"![{words_of}](docs/{name}.svg)" for name, (_, words_of) in drawn.items()]
    docs, quickstart = root / "docs", exports / QUICKSTART
    times, of_times = tutorial.figure(quickstart)
    return {
        docs / "replication.md": page.page(shown, GO_ON),
        docs / "replication.svg": svg(figure.draw(shown.experiment), words),
        **{docs / f"{name}.svg": svg(*of) for name, of in drawn.items()},
        docs / "tutorial.md": filled(docs / "tutorial.md", tutorial.blocks(quickstart)),
        docs / "quickstart.svg": svg(times, of_times),
        root / "replication" / "README.md": page.readme(shown),
        root / "README.md": filled(root / "README.md", {"replication": "\n\n".join(parts)}),
    }


def filled(file: Path, blocks: Mapping[str, str]) -> str:
    """Return the text of a page with these blocks between its markers. Raises UserError if it lacks them."""
    text = file.read_text(encoding="utf-8")
    for name, block in blocks.items():
        begin, end = BEGIN.format(name), END.format(name)
        head, _, rest = text.partition(begin)
        _, found, tail = rest.partition(end)
        if not found:
            raise UserError(f"{file}: lacks the lines {begin!r} and {end!r}, between which is written")
        text = f"{head}{begin}\n\n{block}\n\n{end}{tail}"
    return text


def svg(drawn: Figure, words: str) -> str:
    """Return a figure as SVG; `words` are its text alternative."""
    with tempfile.TemporaryDirectory() as place:
        figure_files.save(drawn, Path(place, "figure"), words)
        return Path(place, "figure.svg").read_text(encoding="utf-8")


def main() -> None:
    """Write all files. Raises UserError if an export is damaged."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--exports", type=Path, default=EXPORTS, help="folder of exports (replication/)")
    exports = parser.parse_args().exports
    write(TRIED, tried.csv(exports / "explain"))
    for file, text in files(exports).items():
        write(file, text)


def write(file: Path, text: str) -> None:
    """Write a file, and print its path."""
    with atomic(file) as temporary:
        temporary.write_text(text, encoding="utf-8")
    print(file)
