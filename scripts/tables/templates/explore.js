const LONGEST = 500, MOST_DRAWN = 5000;  // rows of the table; runs in the charts
const given = id => document.getElementById(id).textContent;
const spec = JSON.parse(given("spec")), filters = JSON.parse(given("filters-of")), facts = JSON.parse(given("facts"));
const options = {renderer: "canvas", actions: {export: true, source: false, compiled: false, editor: false}};

// The rows from what packed_rows.py made of them.
async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), sign => sign.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const {columns, lengths, epochs} = await new Response(stream).json();
  const names = Object.keys(columns), values = names.map(name => whole(columns[name]));
  let end = 0;
  return lengths.map((length, place) => {
    const run = {epochs: epochs.slice(end, end += length)};
    names.forEach((name, n) => { run[name] = values[n][place]; });
    return run;
  });
}

function whole(column) {
  if (column.of) return column.at.map(place => column.of[place]);
  if (!column.steps) return column;
  let seconds = column.first;
  return column.steps.map(step => step === null ? null
    : new Date(1000 * (seconds += step)).toISOString().slice(0, 19).replace("T", " "));
}

// At most so many of the items, evenly taken.
const evenly = (items, most) => items.length <= most ? items
  : Array.from({length: most}, (_, n) => items[Math.floor(n * items.length / most)]);

const collator = new Intl.Collator("en", {numeric: true});

// The runs in the order of the column whose name was clicked.
function sorted(runs) {
  const head = document.querySelector("#table th[aria-sort]");
  if (!head) return runs;
  const name = facts[head.cellIndex], sign = head.getAttribute("aria-sort") === "ascending" ? 1 : -1;
  return [...runs].sort((a, b) => a[name] === null || b[name] === null ? (a[name] === null) - (b[name] === null)
    : sign * (typeof a[name] === "number" ? a[name] - b[name] : collator.compare(a[name], b[name])));
}

function fill(body, runs) {
  body.replaceChildren(...runs.map(run => {
    const line = document.createElement("tr");
    for (const name of facts) {
      const cell = line.insertCell(), value = run[name];
      cell.textContent = value === null ? "" : value;
      if (typeof value === "number") { cell.className = "number"; cell.dataset.value = value; }
    }
    return line;
  }));
}

async function show() {
  const runs = await unpack(given("runs"));
  spec.datasets = {runs: evenly(runs, MOST_DRAWN)};
  const {view} = await vegaEmbed("#chart", spec, options);
  window.view = view;
  const inside = (run, box) => Object.entries(box || {}).every(([name, ends]) =>
    run[name] !== null && run[name] >= Math.min(...ends) && run[name] <= Math.max(...ends));
  const chosen = () => {
    const wanted = filters.map(name => [name, view.signal(name + "_is")]).filter(([, value]) => value !== "all");
    return runs.filter(run => wanted.every(([name, value]) => run[name] === value));
  };
  const refresh = () => {
    const box = view.signal("brush"), found = sorted(chosen().filter(run => inside(run, box)));
    const having = name => found.filter(run => run.validity === name).length;
    const absent = ["failed", "missing"].filter(having).map(name => `, ${having(name)} of them ${name}`);
    document.getElementById("count").textContent =
      `${found.length} of ${runs.length} runs${absent.join("")}` +
      (found.length > LONGEST ? `; the table has the first ${LONGEST}` : "");
    fill(document.querySelector("#table tbody"), found.slice(0, LONGEST));
  };
  const draw = () => {
    if (runs.length > MOST_DRAWN) {
      const all = chosen(), drawn = evenly(all, MOST_DRAWN);
      setTimeout(() => view.data("runs", drawn).runAsync());  // not while the view takes the filter in
      document.getElementById("drawn").textContent = drawn.length < all.length
        ? `The charts show ${drawn.length} of the ${all.length} runs chosen, evenly taken; the table has all.` : "";
    }
    refresh();
  };
  for (const name of filters) view.addSignalListener(name + "_is", draw);
  view.addSignalListener("brush", refresh);
  document.querySelectorAll("#table thead button").forEach(button => button.addEventListener("click", refresh));
  draw();
}

if (window.DecompressionStream) show();
else document.getElementById("count").textContent =
  "This browser is too old to unpack the runs: take Chrome 80, Firefox 113, Safari 16.4 or a later one.";
