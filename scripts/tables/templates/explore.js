const LONGEST = 500, spec = JSON.parse(document.getElementById("spec").textContent);
const runs = spec.datasets.runs;
const filters = JSON.parse(document.getElementById("filters-of").textContent);
const facts = JSON.parse(document.getElementById("facts").textContent);
const options = {renderer: "canvas", actions: {export: true, source: false, compiled: false, editor: false}};
vegaEmbed("#chart", spec, options).then(({view}) => {
  window.view = view;
  const inside = (run, box) => Object.entries(box || {}).every(([name, ends]) =>
    run[name] !== null && run[name] >= Math.min(...ends) && run[name] <= Math.max(...ends));
  const refresh = () => {
    const chosen = {};
    for (const name of filters) chosen[name] = view.signal(name + "_is");
    const box = view.signal("brush");
    const found = runs.filter(run =>
      filters.every(name => chosen[name] === "all" || run[name] === chosen[name]) && inside(run, box));
    const having = name => found.filter(run => run.validity === name).length;
    const absent = ["failed", "missing"].filter(having).map(name => `, ${having(name)} of them ${name}`);
    document.getElementById("count").textContent =
      `${found.length} of ${runs.length} runs${absent.join("")}` +
      (found.length > LONGEST ? `; the table has the first ${LONGEST}` : "");
    const body = document.querySelector("#table tbody");
    body.replaceChildren(...found.slice(0, LONGEST).map(run => {
      const line = document.createElement("tr");
      for (const name of facts) {
        const cell = line.insertCell(), value = run[name];
        cell.textContent = value === null ? "" : value;
        if (typeof value === "number") { cell.className = "number"; cell.dataset.value = value; }
      }
      return line;
    }));
  };
  for (const name of filters) view.addSignalListener(name + "_is", refresh);
  view.addSignalListener("brush", refresh);
  refresh();
});
