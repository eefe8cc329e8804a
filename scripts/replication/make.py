"""Write what shows our own runs of the study, from the exports in replication/: docs/replication.md and .svg,
replication/README.md, the table in README.md, and what mistakes gave that were tried for doubtful figures.

    python scripts replication
"""

import argparse
import re
import tempfile
from pathlib import Path

from scripts.core.errors import UserError
from scripts.core.files import atomic
from scripts.core.paths import ROOT
from scripts.figures import style
from scripts.replication import figure, page, played, short, tried
from scripts.tables.page_markdown import markdown_table

EXPORTS = ROOT / "replication"
TRIED = ROOT / "resources" / "published" / "tried.csv"  # the table of doubts reads it
GO_ON = "replication/CPU.tar.gz"
# What stands between these lines of README.md is written by this step.
BEGIN, END = "<!-- replication: written by `make replication` -->", "<!-- replication: end -->"
BETWEEN = re.compile(f"(?<={re.escape(BEGIN)}\n).*?(?={re.escape(END)})", re.DOTALL)


def files(exports: Path = EXPORTS, root: Path = ROOT) -> dict[Path, str]:
    """Return {file: its text}, below `root`, of the exports in a folder."""
    shown = played.read(exports)
    first_page = (root / "README.md").read_text(encoding="utf-8")
    if not BETWEEN.search(first_page):
        raise UserError(
            f"{root}/README.md: lacks the lines {BEGIN!r} and {END!r}, between which a table is written"
        )
    parts = [markdown_table(short.block(shown.experiment)), page.LEGEND, page.verdict_words(shown)]
    table = "\n" + "".join(f"{part}\n\n" for part in parts)
    with tempfile.TemporaryDirectory() as place:
        style.save(figure.draw(shown.experiment), Path(place, "figure"))
        drawn = Path(place, "figure.svg").read_text(encoding="utf-8")
    return {
        root / "docs" / "replication.md": page.page(shown, GO_ON),
        root / "docs" / "replication.svg": drawn,
        root / "replication" / "README.md": page.readme(shown),
        root / "README.md": BETWEEN.sub(lambda _: table, first_page),
    }


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
