// The dialog that gives a column one of the richer types: email, URL, JSON, long text, or a plugin's.

import { ask, send } from "./ask.js";

/** Opens the dialog for `column`; `ui` is the page's window._setColumnTypeData. */
export function setColumnType(ui, column) {
  const { current, options } = ui.columns[column];
  const select = document.createElement("select");
  select.id = "column-type";
  const choices = [{ name: "", description: "None: as stored" }, ...options];
  for (const { name, description } of choices) {
    const option = document.createElement("option");
    option.value = name;
    option.textContent = description || name;
    option.selected = name === (current?.type || "");
    select.append(option);
  }
  ask({
    heading: `Type of ${column}`,
    button: "Set type",
    content: () => {
      const line = document.createElement("p");
      line.className = "edit-field";
      const label = document.createElement("label");
      label.htmlFor = select.id;
      label.textContent = "Shown and checked as";
      line.append(label, select);
      return line;
    },
    action: async () => {
      await send(ui.path, { column, column_type: select.value ? { type: select.value } : null });
      location.reload();
    },
  });
}
