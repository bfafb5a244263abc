// Cells for people: long text clipped to two lines, empty text told from NULL, dates with their distance on hover.

const LONG = 140;
const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/;
const DATE = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

function clip(cell) {
  const box = document.createElement("div");
  box.className = "clip";
  box.append(...cell.childNodes);
  const toggle = document.createElement("button");
  toggle.type = "button";
  toggle.className = "clip-toggle";
  toggle.setAttribute("aria-expanded", "false");
  toggle.textContent = "more";
  toggle.addEventListener("click", () => {
    const shut = toggle.getAttribute("aria-expanded") === "false";
    box.classList.toggle("clip", !shut);
    toggle.setAttribute("aria-expanded", String(shut));
    toggle.textContent = shut ? "less" : "more";
  });
  cell.append(box, toggle);
}

function distance(then) {
  const format = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "auto" });
  const seconds = (then - Date.now()) / 1000;
  const steps = [["year", 31557600], ["month", 2629800], ["day", 86400], ["hour", 3600], ["minute", 60]];
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) >= length) return format.format(Math.round(seconds / length), unit);
  }
  return format.format(Math.round(seconds), "second");
}

function explainDate(cell, text) {
  const then = new Date(text.length === 10 ? `${text}T00:00:00` : text.replace(" ", "T"));
  if (Number.isNaN(then.getTime())) return;
  const options = text.length === 10 ? { dateStyle: "full" } : { dateStyle: "full", timeStyle: "medium" };
  cell.title = `${then.toLocaleString(undefined, options)}, ${distance(then.getTime())}`;
}

function improve(cell) {
  const text = cell.textContent;
  if (text === "\u00a0") cell.classList.toggle("is-empty-text", cell.classList.contains("type-str"));
  else if (text.length > LONG && !cell.closest(".record")) clip(cell);
  else if (text.length >= 10 && text.length <= 35 && DATE.test(text)) explainDate(cell, text);
}

// The results of a query carry no types: a column of nothing but numbers is set as one.
function alignNumbers(table) {
  const rows = [...table.tBodies[0].rows];
  [...table.tHead.rows[0].cells].forEach((head, index) => {
    const cells = rows.map((row) => row.cells[index]);
    const texts = cells.map((cell) => cell.textContent.trim()).filter(Boolean);
    if (!texts.length || !texts.every((text) => NUMBER.test(text))) return;
    for (const cell of [head, ...cells]) cell.classList.add("numeric");
  });
}

// A missing value stands where the numbers of its column stand.
function alignMissing(table) {
  const rows = [...table.tBodies[0].rows];
  [...table.tHead.rows[0].cells].forEach((head, index) => {
    const cells = rows.map((row) => row.cells[index]).filter(Boolean);
    const missing = cells.filter((cell) => cell.classList.contains("type-none"));
    const numbers = cells.filter((cell) => cell.matches(".type-int, .type-float") && !cell.firstElementChild);
    // The columns of a view have no types: what stands in them tells.
    const untyped = !head.dataset.columnType && numbers.length > 0 && numbers.length + missing.length === cells.length;
    if (!untyped && getComputedStyle(head).textAlign !== "right") return;
    for (const cell of untyped ? [head, ...missing] : missing) cell.classList.add("numeric");
  });
}

if (document.querySelector("datasette-file")) import("./files-cell.js");
for (const table of document.querySelectorAll("body.table table.rows-and-columns")) alignMissing(table);
for (const cell of document.querySelectorAll("table.rows-and-columns td.type-str")) improve(cell);
for (const table of document.querySelectorAll("body.query table.rows-and-columns")) {
  alignNumbers(table);
  for (const cell of table.querySelectorAll("td:not(.numeric)")) improve(cell);
}
