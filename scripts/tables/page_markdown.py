"""A page of tables as Markdown."""

from collections.abc import Iterable

from scripts.tables.page_model import Block, Cell, Page, sides


def markdown(page: Page, level: int = 1) -> str:
    """Write the page as Markdown, below a heading of this level; each table with a title has one below it."""
    parts = [f"{'#' * level} {page.title}", *page.notes]
    for block in page.blocks:
        parts += ([f"{'#' * level}# {block.title}"] if block.title else []) + [markdown_table(block)]
    return "\n\n".join(parts) + "\n"


def markdown_table(block: Block) -> str:
    """Write one table without its title."""
    lines = [markdown_row(block.header), markdown_row(sides(block, right="---:", left=":---"))]
    return "\n".join([*lines, *(markdown_row(markdown_cell(cell) for cell in row) for row in block.rows)])


def markdown_row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def markdown_cell(cell: Cell) -> str:
    escaped = cell.text.replace("\\", "\\\\").replace("|", "\\|")
    mark = {"best": "**", "gap": "*"}.get(cell.mark, "")
    return f"{mark}{escaped}{mark}" if escaped else ""
