// The dialog that makes a table.

import { ask, element, send } from "./ask.js";
import { assignTypes, typesToAssign } from "./assigned-type.js";
import { columnEditor } from "./column-editor.js";
import { targetsAt } from "./foreign-key-choice.js";

/** The body of the request for the lines of the editor. */
export function bodyOf(table, lines) {
  const columns = lines.map((line) => {
    const column = { name: line.wanted, type: line.type.value };
    if (line.needed.checked && !line.key.checked) column.not_null = true;
    const { fk_table, fk_column } = line.foreignKey.value || {};
    return { ...column, ...line.default.args(column.type), ...(fk_table ? { fk_table, fk_column } : {}) };
  });
  const keys = lines.filter((line) => line.key.checked).map((line) => line.wanted);
  const body = { table, columns };
  if (keys.length === 1) [body.pk] = keys;
  else if (keys.length) body.pks = keys;
  return body;
}

/** Opens the dialog; `page` is the database page's data. */
export function createTable(page) {
  const ui = page.createTable;
  const name = element("input", { type: "text", id: "new-table", required: true, autocomplete: "off", spellcheck: false });
  const problem = element("p", { className: "edit-problem", id: "new-table-problem", aria: { live: "polite" } });
  name.setAttribute("aria-describedby", problem.id);
  const editor = columnEditor({
    types: ui.columnTypes,
    expressions: ui.defaultExpressions,
    targets: targetsAt(ui.foreignKeyTargetsPath),
    columns: [{ name: "id", type: "integer", is_pk: true }, {}],
    customTypes: ui.customColumnTypes,
  });
  let saved = "";
  const label = element("label", { htmlFor: name.id, textContent: "Name of the table" });
  const modal = ask({
    heading: `Create a table in ${ui.databaseName}`,
    button: "Create table",
    wide: true,
    content: () => [element("div", { className: "edit-field" }, label, name, problem), editor.root],
    action: async () => {
      const table = name.value.trim();
      problem.textContent = table ? "" : "A name is needed.";
      // A line at the end that nobody wrote in is no column.
      const last = editor.lines.at(-1);
      if (editor.lines.length > 1 && last && !last.wanted) editor.remove(last);
      const complete = editor.check();
      if (!table) name.focus();
      if (!table || !complete) throw Object.assign(new Error("Nothing was made. Look at the marked names."), { quiet: true });
      saved ||= (await send(ui.path, bodyOf(table, editor.lines))).table_url;
      // Where a type is refused nothing but that can be tried again.
      editor.root.disabled = name.disabled = true;
      await assignTypes(saved, typesToAssign(editor.lines, true));
    },
  });
  // Also where it is closed by hand, once a type was refused: the table is another one by then.
  modal.addEventListener("close", () => saved && (location.href = saved));
}
