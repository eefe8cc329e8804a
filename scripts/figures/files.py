"""The files of a figure: SVG, PNG and a page for the report, each with what the figure shows in words.

They come out the same every time.
"""

from contextlib import ExitStack
from html import escape
from pathlib import Path

import matplotlib
from markupsafe import Markup
from matplotlib.figure import Figure

from scripts.core.files import atomic
from scripts.tables import page_html


def save(figure: Figure, prefix: str | Path, words: str) -> None:
    """Write PREFIX.svg and PREFIX.png, both or none, without a date in them.

    `words` say what the figure shows. They are its text alternative: the description of the SVG, which
    screen readers read, and a text of the PNG. The figure is laid out and measured once, as a PNG, for both:
    that takes as long as to draw it.
    """
    figure.set_dpi(matplotlib.rcParams["savefig.dpi"])
    figure.draw_without_rendering()
    figure.set_layout_engine(None)
    box = figure.get_tightbbox().padded(matplotlib.rcParams["savefig.pad_inches"])
    heading = figure.get_suptitle()
    with ExitStack() as stack:
        svg, png = (stack.enter_context(atomic(f"{prefix}{suffix}")) for suffix in (".svg", ".png"))
        figure.savefig(svg, bbox_inches=box, metadata={"Date": None})
        svg.write_text(with_words(svg.read_text(encoding="utf-8"), heading, words), encoding="utf-8")
        figure.savefig(png, bbox_inches=box, metadata={"Title": heading, "Description": words})


def with_words(svg: str, heading: str, words: str) -> str:
    """Return the text of an SVG with a title and a description, named as those of one picture."""
    head, root, rest = svg.partition("<svg ")
    attributes, end, content = rest.partition(">")
    names = ' role="img" aria-labelledby="title desc"'
    texts = f'\n <title id="title">{escape(heading)}</title>\n <desc id="desc">{escape(words)}</desc>'
    return f"{head}{root}{attributes}{names}{end}{texts}{content}"


def write_page(prefix: str | Path, heading: str, words: str) -> None:
    """Write PREFIX-figure.html: the SVG that lies at PREFIX, and below it what it shows in words.

    The report holds this page and not the SVG, since it shows pictures without a text alternative.
    """
    svg = Path(f"{prefix}.svg")
    _, root, rest = svg.read_text(encoding="utf-8").partition("<svg ")
    page = page_html.template("figure.html.j2").render(
        heading=heading, words=words, svg=Markup(root + rest), file=svg.name
    )
    with atomic(f"{prefix}-figure.html") as temporary:
        temporary.write_text(page, encoding="utf-8")
