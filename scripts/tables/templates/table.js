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
