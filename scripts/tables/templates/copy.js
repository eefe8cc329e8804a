// The shown table, in the order in which it is sorted now, as text for a spreadsheet, a page or a paper.
const shown = table => [table.tHead.rows[0], ...table.tBodies[0].rows].map(row =>
  [...row.cells].map(cell => ({text: cell.textContent.trim(), bold: !!cell.querySelector("strong"), gap: cell.className.includes("gap")})));
const sides = table => [...table.tHead.rows[0].cells].map(head => head.classList.contains("number"));
const TEX = {"\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "<": "\\textless{}",
  ">": "\\textgreater{}", "\u00b1": "$\\pm$"};
const tex = text => text.replace(/[\\&%$#_{}~^<>\u00b1]/g, sign => TEX[sign] || "\\" + sign);
const marked = (cell, text, bold, gap) => text && (cell.bold ? bold(text) : cell.gap ? gap(text) : text);
const forms = {
  CSV: rows => rows.map(row => row.map(({text}) => /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text).join(",")),
  Markdown: (rows, right) => {
    const lines = rows.map(row => "| " + row.map(cell =>
      marked(cell, cell.text.replaceAll("\\", "\\\\").replaceAll("|", "\\|"), text => `**${text}**`, text => `*${text}*`)).join(" | ") + " |");
    lines.splice(1, 0, "| " + right.map(number => number ? "---:" : ":---").join(" | ") + " |");
    return lines;
  },
  LaTeX: (rows, right) => {
    const lines = rows.map(row => row.map(cell =>
      marked(cell, tex(cell.text), text => `\\textbf{${text}}`, text => `\\textit{${text}}`)).join(" & ") + " \\\\");
    return [`\\begin{tabular}{${right.map(number => number ? "r" : "l").join("")}}`, "\\toprule", lines[0], "\\midrule",
      ...lines.slice(1), "\\bottomrule", "\\end{tabular}"];
  },
};

// navigator.clipboard is not to be had in a frame of a file.
function copy(text) {
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

document.querySelectorAll(".copy").forEach(line => {
  line.hidden = false;
  const table = line.previousElementSibling.querySelector("table");
  line.querySelectorAll("button").forEach(button => button.addEventListener("click", () => {
    const text = forms[button.textContent](shown(table), sides(table)).join("\n") + "\n";
    line.querySelector("[role=status]").textContent = copy(text) ? `Copied as ${button.textContent}.` : "This browser does not let a page copy.";
    button.focus();
  }));
});
