// Dialogs that make a table, change its columns, or drop it.

import { ask, send } from "./ask.js";

function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

function field(label, control) {
  control.id ||= `tool-${Math.random().toString(36).slice(2)}`;
  return element("p", { className: "edit-field" }, element("label", { htmlFor: control.id, textContent: label }), control);
}

function typeChoice(types, chosen) {
  const select = element("select", { ariaLabel: "Type" });
  for (const type of types) select.append(element("option", { value: type, textContent: type, selected: type === chosen }));
  return select;
}

function columnLine(types, column = {}) {
  const name = element("input", { type: "text", value: column.name || "", placeholder: "column", ariaLabel: "Column name" });
  const type = typeChoice(types, column.type || "text");
  const needed = element("input", { type: "checkbox", checked: Boolean(column.notnull) });
  const drop = element("button", { type: "button", textContent: "Remove", ariaLabel: `Remove column ${column.name || ""}` });
  const line = element("div", { className: "column-line" }, name, type, element("label", {}, needed, "needed"), drop);
  line.parts = { name, type, needed, original: column };
  drop.addEventListener("click", () => line.remove());
  return line;
}

function columnLines(types, columns) {
  const lines = element("div", { className: "column-lines" }, ...columns.map((column) => columnLine(types, column)));
  const add = element("button", { type: "button", textContent: "Add a column" });
  add.addEventListener("click", () => {
    const line = columnLine(types);
    lines.append(line);
    line.parts.name.focus();
  });
  return { lines, add };
}

/** Opens the dialog that makes a table; `page` is the database page's data. */
export function createTable(page) {
  const ui = page.createTable;
  const name = element("input", { type: "text", required: true });
  const key = element("input", { type: "text", value: "id" });
  const { lines, add } = columnLines(ui.columnTypes, [{ name: "id", type: "integer" }, {}]);
  ask({
    heading: `Create a table in ${ui.databaseName}`,
    button: "Create table",
    content: () => [field("Name", name), element("h3", { textContent: "Columns" }), lines, add, field("Primary key", key)],
    action: async () => {
      const columns = [...lines.children]
        .map(({ parts }) => ({ name: parts.name.value.trim(), type: parts.type.value, not_null: parts.needed.checked }))
        .filter((column) => column.name)
        .map((column) => (column.not_null ? column : { name: column.name, type: column.type }));
      const body = { table: name.value.trim(), columns };
      if (key.value.trim()) body.pk = key.value.trim();
      location.href = (await send(ui.path, body)).table_url;
    },
  });
}

/** What has to be done to turn the table's columns into those of the lines. */
function operationsOf(ui, lines) {
  const left = [...lines.children].map(({ parts }) => parts);
  const kept = new Set(left.map((parts) => parts.original.name));
  const operations = ui.columns
    .filter((column) => !kept.has(column.name))
    .map((column) => ({ op: "drop_column", args: { name: column.name } }));
  for (const { name, type, needed, original } of left) {
    const wanted = name.value.trim();
    if (!wanted) continue;
    if (!original.name) {
      operations.push({ op: "add_column", args: { name: wanted, type: type.value } });
      continue;
    }
    const changed = {};
    if (type.value !== original.type) changed.type = type.value;
    if (needed.checked !== Boolean(original.notnull)) changed.not_null = needed.checked;
    if (Object.keys(changed).length) operations.push({ op: "alter_column", args: { name: original.name, ...changed } });
    if (wanted !== original.name) operations.push({ op: "rename_column", args: { name: original.name, to: wanted } });
  }
  return operations;
}

/** Opens the dialog that changes or drops the table; `page` is the table page's data. */
export function alterTable(page) {
  const ui = page.alterTable;
  const name = element("input", { type: "text", value: ui.tableName });
  const { lines, add } = columnLines(ui.columnTypes, ui.columns);
  const parts = [field("Name", name), element("h3", { textContent: "Columns" }), lines, add];
  const modal = ask({
    heading: `Alter ${ui.tableName}`,
    button: "Save",
    content: () => [...parts, ...(ui.dropPath ? [dropButton(page, () => modal.close())] : [])],
    action: async () => {
      const operations = operationsOf(ui, lines);
      if (name.value.trim() && name.value.trim() !== ui.tableName) {
        operations.push({ op: "rename_table", args: { to: name.value.trim() } });
      }
      if (!operations.length) throw new Error("Nothing was changed.");
      location.href = (await send(ui.path, { operations })).table_url;
    },
  });
}

function dropButton(page, close) {
  const ui = page.alterTable;
  const button = element("button", { type: "button", textContent: "Drop this table", className: "danger" });
  button.addEventListener("click", async () => {
    const found = await send(ui.dropPath, {});
    close();
    ask({
      heading: `Drop ${ui.tableName}`,
      button: "Drop table",
      content: () => element("p", { textContent: `${found.row_count} rows are deleted for good.` }),
      action: async () => {
        await send(ui.dropPath, { confirm: true });
        location.href = page.tableUrl.replace(/\/[^/]+$/, "");
      },
    });
  });
  return element("p", {}, button);
}
