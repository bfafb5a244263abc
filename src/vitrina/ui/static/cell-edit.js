// On the page of a row: a button in each cell that puts its field in the place of the value.

import { element, read, tell } from "./ask.js";

const tools = window._vitrinaRows;
const data = window._datasetteTableData;

async function open(cell, column, path, button) {
  const [{ saveRow, withLimits }, { rowForm }] = await Promise.all([import("./edit-row.js"), import("./row-form.js")]);
  const address = `${data.tableUrl}/${path}`;
  const { rows } = await read(`${address}.json?_shape=objects`);
  const form = element("form", { className: "core cell-form", noValidate: true });
  const row = rowForm({ mode: "edit", columns: [column], values: rows[0], data: withLimits(data), form });
  const problem = element("p", { className: "edit-error message-error", aria: { role: "alert" } });
  const save = element("button", { type: "submit", textContent: "Save" });
  const cancel = element("button", { type: "button", textContent: "Cancel" });
  const shown = [...cell.childNodes];
  const close = () => {
    row.destroy();
    cell.replaceChildren(...shown);
    button.focus();
  };
  cancel.addEventListener("click", close);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) close();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit(save);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (save.disabled) return;
    save.disabled = true;
    problem.textContent = "";
    try {
      if (await saveRow(row, address)) location.reload();
      else close();
    } catch (error) {
      problem.textContent = error.message;
    }
    save.disabled = false;
  });
  form.append(row.root, problem, element("div", { className: "cell-form-foot" }, save, cancel));
  cell.replaceChildren(form);
  row.fields[0].focus();
}

function start(record) {
  const columns = new Map(tools.columns.map((column) => [column.name, column]));
  const names = [...record.tHead.rows[0].cells].map((head) => head.dataset.column);
  const row = record.tBodies[0].rows[0];
  if (!row?.dataset.row) return;
  for (const cell of row.cells) {
    const column = columns.get(names[cell.cellIndex]);
    if (!column || column.is_pk) continue;
    const button = element("button", { type: "button", className: "row-tool", title: `Edit ${column.name}`, aria: { label: `Edit ${column.name}` } });
    button.addEventListener("click", () => open(cell, column, row.dataset.row, button).catch(tell));
    cell.append(button);
  }
}

const record = document.querySelector("body.row table.record");
if (tools?.update && record?.tBodies[0]) start(record);
