// A button in each row of a table page that edits it; one stop of the Tab key for all, arrows go from row to row.

import { element } from "./ask.js";

const tools = window._vitrinaRows;

function buttonOf(row) {
  const { row: path, rowLabel } = row.dataset;
  const action = tools.update ? "edit" : "delete";
  const name = [path, rowLabel].filter(Boolean).join(" ");
  const button = element("button", {
    type: "button",
    // Its sign comes from the style sheet: the text of the cell stays the value alone.
    className: action === "edit" ? "row-tool" : "row-tool deletes",
    tabIndex: -1,
    title: action === "edit" ? "Edit this row" : "Delete this row",
    aria: { label: `${action === "edit" ? "Edit" : "Delete"} row ${name}` },
    data: { rowAction: action, row: path },
  });
  if (rowLabel) button.dataset.rowLabel = rowLabel;
  if (tools.delete) button.setAttribute("aria-keyshortcuts", "Delete");
  return button;
}

function onKey(event, buttons) {
  const at = buttons.indexOf(event.target);
  if (at < 0) return;
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
  if (event.key === "Delete" && tools.delete) {
    event.preventDefault();
    const { row, rowLabel } = event.target.dataset;
    import("./delete-row.js").then(({ confirmDelete }) => confirmDelete(window._datasetteTableData, row, rowLabel));
  } else if (to !== undefined && buttons[to]) {
    event.preventDefault();
    buttons[at].tabIndex = -1;
    buttons[to].tabIndex = 0;
    buttons[to].focus();
  }
}

const rows = [...document.querySelectorAll("body.table table.rows-and-columns tr[data-row]")];
if (tools && (tools.update || tools.delete) && rows.length) {
  const buttons = rows.map(buttonOf);
  rows.forEach((row, index) => row.cells[0]?.append(buttons[index]));
  buttons[0].tabIndex = 0;
  rows[0].closest("table").addEventListener("keydown", (event) => onKey(event, buttons));
  rows[0].closest("table").addEventListener("focusin", ({ target }) => {
    if (!buttons.includes(target)) return;
    for (const button of buttons) button.tabIndex = button === target ? 0 : -1;
  });
}
