"""A table as files: the numbers as CSV, and the page as Markdown, HTML and LaTeX."""

from contextlib import ExitStack
from pathlib import Path

import pandas as pd

from scripts.core.files import atomic
from scripts.tables import page_html, page_latex, page_markdown, page_model


def write(name: str, tidy: pd.DataFrame, page: page_model.Page, prefix: Path) -> None:
    """Write the four files of a table, PREFIX.csv, .md, .html and .tex: all of them or none."""
    files = {
        ".csv": tidy.to_csv(index=False, lineterminator="\n"),
        ".md": page_markdown.markdown(page),
        ".html": page_html.html_page(page),
        ".tex": page_latex.latex(page, name),
    }
    with ExitStack() as stack:
        for suffix, content in files.items():
            temporary = stack.enter_context(atomic(f"{prefix}{suffix}"))
            temporary.write_text(content, encoding="utf-8")
