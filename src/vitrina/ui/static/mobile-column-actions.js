// Where rows are cards there are no heads to open menus from: one dialog has the actions of every column.

import { actionsOf, statistics } from "./column-actions.js";

const narrow = matchMedia("(max-width: 640px)");
const heads = [...document.querySelectorAll("table.rows-and-columns:not(.record) th[data-column]:not([data-is-link-column])")];

function actionLine(item, modal) {
  const node = document.createElement(item.href ? "a" : "button");
  if (item.href) node.href = item.href;
  else {
    node.type = "button";
    node.className = "button-as-link";
    node.addEventListener("click", (event) => {
      modal.close();
      item.onClick?.(event);
    });
  }
  node.textContent = item.label;
  const line = document.createElement("li");
  line.append(node);
  return line;
}

function columnBox(head, modal) {
  const box = document.createElement("details");
  box.name = "column-actions";
  const summary = document.createElement("summary");
  summary.textContent = head.dataset.column;
  box.append(summary);
  box.addEventListener("toggle", () => {
    if (!box.open || box.children.length > 1) return;
    const list = document.createElement("ul");
    list.append(...actionsOf(head).map((item) => actionLine(item, modal)));
    const facts = document.createElement("p");
    facts.className = "edit-meta";
    facts.textContent = [head.dataset.columnType, statistics(head), head.dataset.columnDescription].filter(Boolean).join(" · ");
    box.append(facts, list);
  });
  return box;
}

function open() {
  const modal = document.createElement("datasette-modal");
  modal.setAttribute("heading", "Column actions");
  modal.append(...heads.map((head) => columnBox(head, modal)));
  document.body.append(modal);
  modal.addEventListener("close", () => modal.remove());
  modal.open();
}

if (heads.length) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button-as-link column-actions-mobile";
  button.textContent = "Column actions";
  button.addEventListener("click", open);
  const describe = () => (button.hidden = !narrow.matches);
  narrow.addEventListener("change", describe);
  describe();
  document.querySelector("[data-grid-tools]")?.append(button);
}
