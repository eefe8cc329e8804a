// The picture as a file of its own, for a slide or a paper.
const link = document.querySelector("a[download]");
const file = new Blob([document.querySelector("figure svg").outerHTML], {type: "image/svg+xml"});
link.href = URL.createObjectURL(file);
link.hidden = false;
