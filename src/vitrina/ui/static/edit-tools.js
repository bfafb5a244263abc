// Dialogs behind the action menus of tables and rows: insert, edit, delete a row.

import { ask, send } from "./ask.js";
import { rowForm } from "./row-form.js";

const data = window._datasetteTableData;

function columnsFromHeads() {
  return [...document.querySelectorAll("table.rows-and-columns th[data-column]")].map((head) => ({
    name: head.dataset.column,
    sqlite_type: (head.dataset.columnType || "").toUpperCase(),
    notnull: head.dataset.columnNotNull === "1",
    is_pk: head.dataset.isPk === "1",
    column_type: head.dataset.customColumnType ? { type: head.dataset.customColumnType } : null,
  }));
}

function insertRow() {
  const ui = data.insertRow;
  let row;
  ask({
    heading: `Insert a row into ${data.table}`,
    button: "Insert row",
    content: (form) => (row = rowForm({ mode: "insert", columns: ui.columns, data, form })).root,
    action: async () => {
      await send(ui.path, { row: row.changes() });
      location.reload();
    },
  });
}

async function editRow(path) {
  const address = `${data.tableUrl}/${path}`;
  const response = await fetch(`${address}.json?_shape=objects`, { headers: { Accept: "application/json" } });
  const answer = await response.json();
  if (!answer.ok) throw new Error(answer.error);
  let row;
  ask({
    heading: `Edit ${data.table}: ${path}`,
    button: "Save",
    content: (form) => (row = rowForm({ mode: "edit", columns: columnsFromHeads(), values: answer.rows[0], data, form })).root,
    action: async () => {
      await send(`${address}/-/update?_message=1`, { update: row.changes() });
      location.reload();
    },
  });
}

function deleteRow(path, label) {
  ask({
    heading: "Delete this row",
    button: "Delete",
    content: () => {
      const text = label ? `${path} (${label})` : path;
      return Object.assign(document.createElement("p"), { textContent: `Row ${text} of ${data.table} is deleted for good.` });
    },
    action: async () => {
      const answer = await send(`${data.tableUrl}/${path}/-/delete?_redirect_to_table=1`, {});
      location.href = answer.redirect || data.tableUrl;
    },
  });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-table-action], [data-row-action], [data-database-action]");
  if (!button) return;
  button.closest("details")?.removeAttribute("open");
  const { tableAction, rowAction, row, rowLabel } = button.dataset;
  if (tableAction === "insert-row") insertRow();
  else if (rowAction === "edit") editRow(row).catch((error) => alert(error.message));
  else if (rowAction === "delete") deleteRow(row, rowLabel);
  else if (tableAction === "alter-table" || button.dataset.databaseAction === "create-table") {
    const file = "./table-tools.js";
    import(file).then((tools) => (tableAction ? tools.alterTable(data) : tools.createTable(window._datasetteDatabaseData)));
  }
});
