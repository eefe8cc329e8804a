"""A page of tables as Markdown."""

from collections.abc import Iterable

from scripts.tables.page_model import Cell, Page, sides


def markdown(page: Page) -> str:
    """Write the page as Markdown, with a heading for each table that has a title."""
    parts = [f"# {page.title}", *page.notes]
    for block in page.blocks:
        lines = [markdown_row(block.header), markdown_row(sides(block, right="---:", left=":---"))]
        lines += [markdown_row(markdown_cell(cell) for cell in row) for row in block.rows]
        parts += ([f"## {block.title}"] if block.title else []) + ["\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def markdown_row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def markdown_cell(cell: Cell) -> str:
    escaped = cell.text.replace("\\", "\\\\").replace("|", "\\|")
    mark = {"best": "**", "gap": "*"}.get(cell.mark, "")
    return f"{mark}{escaped}{mark}" if escaped else ""
