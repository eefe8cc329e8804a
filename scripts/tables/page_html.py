"""A page of tables as HTML, with everything it needs inside, so that the report can hold it.

report/workflow.rst takes what is in <main>.
"""

import html
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from scripts.tables.page_model import Cell, Page, is_null, sides

TEMPLATES = Path(__file__).resolve().parent / "templates"
WRAP = 24  # characters from which a cell may wrap


def html_page(page: Page) -> str:
    """Write the page as one HTML document whose tables are sorted by a click."""
    blocks = [(block, sides(block, right="number", left="")) for block in page.blocks]
    return template("table.html.j2").render(page=page, blocks=blocks, attributes=attributes)


def attributes(cell: Cell, side: str) -> dict[str, Any]:
    """Return the attributes of a cell's element; those that are None are not written."""
    names = (side, "gap" if cell.mark == "gap" else "", "long" if len(cell.text) > WRAP else "")
    return {
        "class": " ".join(filter(None, names)) or None,
        "data-value": None if is_null(cell.value) else cell.value,
    }


def template(name: str) -> Template:
    """Load a template of the folder TEMPLATES. What is put into it is escaped, except `source(file)`."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=escaped,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name, globals={"source": source})


def escaped(value: Any) -> Markup:
    """Escape a value with the entities of Python's own `html`, which are not quite those of Jinja2."""
    return value if isinstance(value, Markup) else Markup(html.escape(str(value)))


def source(name: str) -> Markup:
    """Return a file of the folder TEMPLATES as it is: CSS or JavaScript."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))
