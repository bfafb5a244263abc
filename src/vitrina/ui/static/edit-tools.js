// What the buttons of action menus open: dialogs that change rows and tables, each loaded when it is first wanted.

import { tell } from "./ask.js";

const data = window._datasetteTableData;

// Columns of files have a field of their own.
const columns = [...(window._vitrinaRows?.columns || []), ...(data?.insertRow?.columns || [])];
if (columns.some((column) => column.column_type?.type === "file")) import("./files-field.js").catch(tell);

const tableActions = {
  "insert-row": async () => (await import("./edit-row.js")).insertRow(data),
  "paste-rows": async () => (await import("./paste-rows.js")).pasteRows(data),
  "alter-table": async () => (await import("./alter-table.js")).alterTable(data),
};

const rowActions = {
  edit: async ({ row, rowLabel }) => (await import("./edit-row.js")).editRow(data, row, rowLabel),
  delete: async ({ row, rowLabel }) => (await import("./delete-row.js")).confirmDelete(data, row, rowLabel),
};

const databaseActions = {
  "create-table": async () => (await import("./create-table.js")).createTable(window._datasetteDatabaseData),
};

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-table-action], [data-row-action], [data-database-action]");
  if (!button) return;
  const { tableAction, rowAction, databaseAction } = button.dataset;
  const action = tableActions[tableAction] || rowActions[rowAction] || databaseActions[databaseAction];
  if (!action) return;
  const menu = button.closest("details");
  if (menu) {
    menu.open = false;
    // The dialog gives the focus back to what can be seen then.
    menu.querySelector("summary")?.focus();
  }
  action(button.dataset).catch(tell);
});

// Cells copied from a spreadsheet and pasted anywhere on the page are rows to insert.
document.addEventListener("paste", async (event) => {
  const text = event.clipboardData?.getData("text/plain") || "";
  const typing = event.target.closest?.("input, textarea, select, [contenteditable], dialog");
  if (typing || !data?.insertRow || !document.body.classList.contains("table") || !/[\t\n]/.test(text.trim())) return;
  event.preventDefault();
  (await import("./paste-rows.js")).pasteRows(data, text);
});
