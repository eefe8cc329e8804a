"""A page of tables as Markdown, HTML and LaTeX. It knows layout, not the subject."""

import html
import math
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cell:
    """One cell: its text, the number to sort and align by, and how it stands out.

    mark: "" (plain), "best" (bold) or "gap" (grey: what is missing or not comparable).
    """

    text: str
    value: float | None = None
    mark: str = ""


@dataclass
class Block:
    """One table. `rows` are lists of Cell, as long as `header`."""

    title: str
    header: list
    rows: list


@dataclass
class Page:
    title: str
    notes: list  # sentences above the tables
    blocks: list = field(default_factory=list)


# ---- Cells ----


def text(value):
    return Cell("" if is_null(value) else str(value))


def whole(value):
    return Cell("", None) if is_null(value) else Cell(str(int(value)), int(value))


def seconds(value, spread=None, mark=""):
    """Two decimals as the study prints them, three below ten seconds."""
    decimals = 2 if value >= 10 else 3
    return Cell(f"{value:.{decimals}f}{plus_minus(spread, decimals)}", value, mark)


def number(value, spread=None, decimals=2, sign=False):
    shown = f"{value:{'+' if sign else ''}.{decimals}f}"
    return Cell(shown + plus_minus(spread, decimals), value)


def gap(words):
    return Cell(words, None, "gap")


def plus_minus(spread, decimals):
    return "" if is_null(spread) else f" ± {spread:.{decimals}f}"


def is_null(value):
    return value is None or (isinstance(value, float) and math.isnan(value))


def numeric(block, column):
    """Whether a column is aligned as numbers: it holds at least one, and otherwise only gaps."""
    cells = [row[column] for row in block.rows]
    return any(cell.value is not None for cell in cells) and all(
        cell.value is not None or cell.mark == "gap" or not cell.text for cell in cells
    )


# ---- Markdown ----


def markdown(page):
    parts = [f"# {page.title}", *page.notes]
    for block in page.blocks:
        sides = ["---:" if numeric(block, n) else ":---" for n in range(len(block.header))]
        lines = [markdown_row(block.header), markdown_row(sides)]
        lines += [markdown_row(markdown_cell(cell) for cell in row) for row in block.rows]
        parts += ([f"## {block.title}"] if block.title else []) + ["\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def markdown_row(cells):
    return "| " + " | ".join(cells) + " |"


def markdown_cell(cell):
    escaped = cell.text.replace("\\", "\\\\").replace("|", "\\|")
    mark = {"best": "**", "gap": "*"}.get(cell.mark, "")
    return f"{mark}{escaped}{mark}" if escaped else ""


# ---- HTML: one page without anything from outside, so that the report can hold it; report/workflow.rst
# takes what stands in <main>.

WRAP = 24  # characters from which a cell may wrap

STYLE = """
:root { color-scheme: light }
body { font: 14px/1.45 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; color: #1c2430;
  background: #fff; margin: 1.5rem; }
h1 { font-size: 1.4rem; margin: 0 0 .5rem }
h2 { font-size: 1.05rem; margin: 1.8rem 0 .5rem }
p { margin: .3rem 0; max-width: 46rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .3rem .5rem; border-bottom: 1px solid #dfe4ea; text-align: left;
  vertical-align: top; white-space: nowrap }
thead th { border-bottom: 2px solid #1c2430; padding: 0; white-space: normal; vertical-align: bottom }
.number { text-align: right }
.long { white-space: normal; min-width: 11rem; max-width: 30rem }
.number.long { min-width: 7.5rem; max-width: 11rem }
tbody tr:hover { background: #f2f6fa }
button { all: unset; cursor: pointer; position: relative; display: block; padding: .3rem .5rem;
  font-weight: 600 }
button:focus-visible { outline: 2px solid #0072b2 }
button::after { position: absolute; right: -.1em; color: #8b95a1 }
button:hover::after { content: "\\2195" }
th[aria-sort=ascending] button::after { content: "\\2191" }
th[aria-sort=descending] button::after { content: "\\2193" }
.gap { color: #6b7480; font-style: italic }
"""

# A click sorts by that column, a second one turns it round; cells without a number come last.
SCRIPT = """
document.querySelectorAll("thead button").forEach(button => button.addEventListener("click", () => {
  const head = button.parentElement, body = head.closest("table").tBodies[0];
  const up = head.getAttribute("aria-sort") !== "ascending", column = head.cellIndex;
  const key = row => {
    const cell = row.cells[column];
    return head.classList.contains("number") ? parseFloat(cell.dataset.value) : cell.textContent;
  };
  const order = (a, b) => {
    if (typeof a === "string") return (up ? 1 : -1) * a.localeCompare(b, "en", {numeric: true});
    if (isNaN(a) || isNaN(b)) return isNaN(a) - isNaN(b);
    return up ? a - b : b - a;
  };
  [...body.rows].sort((a, b) => order(key(a), key(b))).forEach(row => body.append(row));
  head.parentElement.querySelectorAll("th").forEach(other => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
}));
"""


def html_page(page):
    blocks = "\n".join(html_block(block) for block in page.blocks)
    notes = "\n".join(f"<p>{html.escape(note)}</p>" for note in page.notes)
    title = html.escape(page.title)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n{notes}\n"
        f"<p class=gap>Click the name of a column to sort by it.</p>\n<main>\n{blocks}\n</main>\n"
        f"<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )


def html_block(block):
    sides = ["number" if numeric(block, n) else "" for n in range(len(block.header))]
    head = "".join(
        f"<th{css(side)} scope=col><button>{html.escape(name)}</button></th>"
        for name, side in zip(block.header, sides, strict=True)
    )
    rows = "\n".join(
        "<tr>" + "".join(html_cell(c, side) for c, side in zip(row, sides, strict=True)) + "</tr>"
        for row in block.rows
    )
    title = f"<h2>{html.escape(block.title)}</h2>\n" if block.title else ""
    return (
        f"{title}<div class=wide><table>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody>\n</table></div>"
    )


def html_cell(cell, side):
    value = "" if is_null(cell.value) else f' data-value="{cell.value!r}"'
    inner = html.escape(cell.text)
    inner = f"<strong>{inner}</strong>" if cell.mark == "best" else inner
    names = css(side, "gap" if cell.mark == "gap" else "", "long" if len(cell.text) > WRAP else "")
    return f"<td{names}{value}>{inner}</td>"


def css(*names):
    names = " ".join(name for name in names if name)
    return f' class="{names}"' if names else ""


# ---- LaTeX: booktabs tables to \\input into a paper ----

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


def latex(page, name):
    """One floating table a block; needs \\usepackage{booktabs, graphicx}. Labels are tab:NAME-1, ..."""
    notes = "".join(f"% {note}\n" for note in page.notes)
    blocks = "\n\n".join(
        latex_block(page, block, f"{name}-{n}") for n, block in enumerate(page.blocks, start=1)
    )
    return f"% {page.title}; needs \\usepackage{{booktabs, graphicx}}\n{notes}\n{blocks}\n"


def latex_block(page, block, label):
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


def latex_column(block, column):
    if numeric(block, column):
        return "r"
    longest = max((len(row[column].text) for row in block.rows), default=0)
    return r"p{0.28\linewidth}" if longest > LONG else "l"


def latex_cell(cell):
    command = {"best": r"\textbf", "gap": r"\textit"}.get(cell.mark)
    return f"{command}{{{tex(cell.text)}}}" if command and cell.text else tex(cell.text)


def tex(words):
    return "".join(TEX.get(sign, sign) for sign in words)
