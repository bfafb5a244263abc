// On a narrow page each row becomes a card: the label first, then the other columns as pairs; the grid stays a click away.

const narrow = matchMedia("(max-width: 640px)");
const wrapper = document.querySelector(".table-wrapper");
const table = wrapper?.querySelector("table.rows-and-columns:not(.record)");
let chosen = null;

function nameCells() {
  const heads = [...table.querySelectorAll("thead th")].map((head) => head.dataset.column || head.textContent.trim());
  // The column that leads to the row stands first; a page without one takes its first column.
  const lead = 0;
  for (const row of table.tBodies[0].rows) {
    [...row.cells].forEach((cell, index) => {
      // An attribute, shown by the style sheet: the cell's own text stays the value alone.
      cell.dataset.label = heads[index];
      const value = document.createElement("span");
      value.className = "cell-value";
      value.append(...cell.childNodes);
      cell.append(value);
      if (index === lead) cell.classList.add("card-head");
    });
  }
}

function unnameCells() {
  for (const cell of table.tBodies[0].querySelectorAll("td")) {
    delete cell.dataset.label;
    const value = cell.querySelector(":scope > .cell-value");
    if (value) value.replaceWith(...value.childNodes);
    cell.classList.remove("card-head");
  }
}

function show() {
  const cards = narrow.matches && chosen !== "grid";
  if (cards === wrapper.classList.contains("as-cards")) return;
  wrapper.classList.toggle("as-cards", cards);
  if (cards) nameCells();
  else unnameCells();
}

function makeSwitch() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button-as-link cards-switch";
  const describe = () => {
    button.textContent = chosen === "grid" ? "Show as cards" : "Show as a grid";
    button.hidden = !narrow.matches;
  };
  button.addEventListener("click", () => {
    chosen = chosen === "grid" ? null : "grid";
    describe();
    show();
  });
  narrow.addEventListener("change", describe);
  describe();
  document.querySelector("[data-grid-tools]")?.append(button);
}

if (table) {
  makeSwitch();
  narrow.addEventListener("change", show);
  show();
}
