"""A page of tables as LaTeX: booktabs tables to \\input into a paper."""

from scripts.tables.page_model import Block, Cell, Page, numeric

LONG = 36  # characters from which a column wraps
TEX = {
    "\\": r"\textbackslash{}",
    **{sign: "\\" + sign for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "±": r"$\pm$",
}


def latex(page: Page, name: str) -> str:
    """Write one floating table a block, labelled tab:NAME-1, ...; needs \\usepackage{booktabs, graphicx}."""
    notes = "".join(f"% {note}\n" for note in page.notes)
    blocks = "\n\n".join(
        latex_block(page, block, f"{name}-{n}") for n, block in enumerate(page.blocks, start=1)
    )
    return f"% {page.title}; needs \\usepackage{{booktabs, graphicx}}\n{notes}\n{blocks}\n"


def latex_block(page: Page, block: Block, label: str) -> str:
    """Write one table."""
    caption = f"{page.title}: {block.title}" if block.title else page.title
    columns = "".join(latex_column(block, n) for n in range(len(block.header)))
    lines = [
        r"\begin{table}",
        r"\centering\small",
        rf"\caption{{{tex(caption)}}}",
        rf"\label{{tab:{label}}}",
        # A table that is wider than the lines of the paper is made smaller.
        r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        " & ".join(tex(name) for name in block.header) + r" \\",
        r"\midrule",
        *(" & ".join(latex_cell(cell) for cell in row) + r" \\" for row in block.rows),
        r"\bottomrule",
        r"\end{tabular}}",
        r"\end{table}",
    ]
    return "\n".join(lines)


def latex_column(block: Block, column: int) -> str:
    if numeric(block, column):
        return "r"
    longest = max((len(row[column].text) for row in block.rows), default=0)
    return r"p{0.28\linewidth}" if longest > LONG else "l"


def latex_cell(cell: Cell) -> str:
    command = {"best": r"\textbf", "gap": r"\textit"}.get(cell.mark)
    return f"{command}{{{tex(cell.text)}}}" if command and cell.text else tex(cell.text)


def tex(words: str) -> str:
    """Escape what has a meaning in LaTeX."""
    return "".join(TEX.get(sign, sign) for sign in words)
