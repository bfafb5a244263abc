// The dialog that changes a table's name and columns.

import { operationsOf } from "./alter-operations.js";
import { ask, element, send } from "./ask.js";
import { assignTypes, typesToAssign } from "./assigned-type.js";
import { columnEditor } from "./column-editor.js";
import { dropTable } from "./drop-table.js";
import { targetsAt } from "./foreign-key-choice.js";

function dropButton(page, close) {
  const button = element("button", { type: "button", textContent: "Drop this table…", className: "danger foot-first" });
  button.addEventListener("click", () => {
    close();
    dropTable(page);
  });
  return button;
}

/** Opens the dialog; `page` is the table page's data. */
export function alterTable(page) {
  const ui = page.alterTable;
  const name = element("input", { type: "text", id: "table-name", value: ui.tableName, autocomplete: "off", spellcheck: false });
  const editor = columnEditor({
    types: ui.columnTypes,
    expressions: ui.defaultExpressions,
    targets: targetsAt(ui.foreignKeyTargetsPath),
    columns: ui.columns,
    customTypes: ui.customColumnTypes,
  });
  const warning = element("p", { className: "edit-warning", aria: { role: "status" } });
  const field = element("div", { className: "edit-field" }, element("label", { htmlFor: name.id, textContent: "Name of the table" }), name);
  let agreed = "";
  let saved = "";
  const modal = ask({
    heading: `Alter ${ui.tableName}`,
    button: "Save",
    wide: true,
    extra: ui.dropPath ? [dropButton(page, () => modal.close())] : [],
    content: () => [field, editor.root, warning],
    action: async () => {
      if (!editor.check()) throw Object.assign(new Error("Nothing was changed. Look at the marked names."), { quiet: true });
      const wanted = name.value.trim() || ui.tableName;
      const types = typesToAssign(editor.lines, wanted !== ui.tableName);
      const operations = saved ? [] : operationsOf(ui, editor.lines, wanted);
      if (!saved && !operations.length && !types.length) throw new Error("Nothing was changed.");
      const lost = operations.filter(({ op }) => op === "drop_column").map(({ args }) => args.name).join(", ");
      if (lost && lost !== agreed) {
        // What cannot be taken back takes a second press.
        agreed = lost;
        warning.textContent = `The values of ${lost} are lost for good. Save again to go on.`;
        return false;
      }
      saved = operations.length ? (await send(ui.path, { operations })).table_url : saved || page.tableUrl;
      // Where a type is refused nothing but that can be tried again.
      editor.root.disabled = name.disabled = true;
      await assignTypes(saved, types);
      return true;
    },
  });
  // Also where it is closed by hand, once a type was refused: the table is another one by then.
  modal.addEventListener("close", () => saved && (location.href = saved));
}
