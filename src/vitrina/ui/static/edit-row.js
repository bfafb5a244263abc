// Changing a row in a dialog: what somebody else changed meanwhile is shown, and never overwritten unseen.

import { ask, element, read, Refused, send } from "./ask.js";
import { confirmDelete } from "./delete-row.js";
import { asText } from "./field-values.js";
import { rowForm } from "./row-form.js";

/** Inserts one row; `data` is the page's data. */
export function insertRow(data) {
  const ui = data.insertRow;
  let row;
  let inserted = false;
  const columns = withDeclaredTypes(ui.columns);
  const another = element("input", { type: "checkbox", id: "insert-another" });
  const modal = ask({
    heading: `Insert a row into ${data.table}`,
    button: "Insert row",
    extra: [element("label", { className: "foot-choice" }, another, "Insert another")],
    content: (form, dialog) => (row = rowForm({ mode: "insert", columns, data: withLimits(data), form, dialog })).root,
    action: async (form) => {
      await refusalsBesideFields(row, () => send(ui.path, { row: row.changes() }));
      inserted = true;
      if (!another.checked) return true;
      const fresh = rowForm({ mode: "insert", columns, data: withLimits(data), form, dialog: modal });
      row.destroy();
      row.root.replaceWith(fresh.root);
      row = fresh;
      row.fields[0]?.focus();
      return false;
    },
  });
  modal.addEventListener("close", () => {
    row.destroy();
    if (inserted) location.reload();
  });
}

/** Changes the row at `path`; `label` names it for people. */
export async function editRow(data, path, label) {
  const tools = window._vitrinaRows;
  const address = `${data.tableUrl}/${path}`;
  const { rows } = await read(`${address}.json?_shape=objects`);
  let row;
  const extra = tools.delete ? [deleteButton(data, path, label, () => modal.close())] : [];
  const modal = ask({
    heading: `Edit ${data.table}: ${label || path}`,
    button: "Save",
    extra,
    content: (form, dialog) =>
      (row = rowForm({ mode: "edit", columns: tools.columns, values: rows[0], data: withLimits(data), form, dialog })).root,
    action: async () => {
      if (await saveRow(row, address)) location.reload();
    },
  });
  modal.addEventListener("close", () => row.destroy());
}

/** Saves what was changed in the fields of `row`; false where that is nothing. Refusals are shown beside the fields. */
export async function saveRow(row, address) {
  const update = row.changes();
  if (!Object.keys(update).length) return false;
  try {
    await refusalsBesideFields(row, () => send(`${address}/-/update?_message=1`, { update, expected: row.expected() }));
  } catch (error) {
    if (error instanceof Refused && error.status === 409 && error.answer.row) showConflict(row, error);
    throw error;
  }
  return true;
}

function deleteButton(data, path, label, close) {
  const button = element("button", { type: "button", textContent: "Delete…", className: "danger foot-first" });
  button.addEventListener("click", () => {
    close();
    confirmDelete(data, path, label);
  });
  return button;
}

/** What the row is now goes into the form: untouched fields take it, others show it beside what was typed. */
function showConflict(row, error) {
  const now = error.answer.row;
  for (const name of error.answer.columns || []) {
    const field = row.byName.get(name);
    if (!field) continue;
    const was = inWords(field.loaded);
    const mine = field.hasChanged();
    field.rebase(now[name]);
    const text = `Now ${inWords(now[name])}, was ${was} when you began.`;
    if (mine) field.remark(text, "Use what is there now", () => field.rebase(now[name], { take: true }));
    else field.remark(text);
  }
  row.byName.get(error.answer.columns?.[0])?.focus();
  error.message = "Somebody else changed this row while you were editing it. Nothing was saved. Look at the marked fields, then save again.";
}

function inWords(value) {
  if (value === null || value === undefined) return "NULL";
  if (value === "") return "empty text";
  const text = typeof value === "object" ? "another file" : asText(value);
  return text.length > 120 ? `“${text.slice(0, 119)}…”` : `“${text}”`;
}

async function refusalsBesideFields(row, action) {
  try {
    return await action();
  } catch (error) {
    if (error instanceof Refused && error.status === 400) {
      const left = row.place(error.messages);
      error.message = left.length ? left.join("\n") : "Nothing was saved. Look at the marked fields.";
    }
    throw error;
  }
}

/** The page's data with the limit that a blob's field tells of. */
export function withLimits(data) {
  return { ...data, maxBodyBytes: window._vitrinaRows?.maxBodyBytes };
}

// The columns of the insert form, with the types as the table declares them.
export function withDeclaredTypes(columns) {
  const known = new Map((window._vitrinaRows?.columns || []).map((column) => [column.name, column.declared_type]));
  return columns.map((column) => ({ ...column, declared_type: known.get(column.name) }));
}
