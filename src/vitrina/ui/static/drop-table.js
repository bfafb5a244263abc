// The dialog that drops a table once its name was typed.

import { ask, element, send } from "./ask.js";

/** Asks how many rows would be lost, then for the table's name; `page` is the table page's data. */
export async function dropTable(page) {
  const ui = page.alterTable;
  const name = ui.tableName;
  const typed = element("input", { type: "text", id: "drop-name", autocomplete: "off", spellcheck: false, aria: { describedby: "drop-problem" } });
  const problem = element("p", { className: "edit-problem", id: "drop-problem", aria: { live: "polite" } });
  const count = element("p", { textContent: "Counting its rows…" });
  send(ui.dropPath, {}).then(
    ({ row_count: rows }) => (count.textContent = `${rows.toLocaleString()} ${rows === 1 ? "row is" : "rows are"} deleted for good, and the table with them.`),
    (error) => (count.textContent = error.message),
  );
  typed.addEventListener("input", () => (problem.textContent = ""));
  ask({
    heading: `Drop ${name}`,
    button: "Drop table",
    danger: true,
    content: () => [count, element("div", { className: "edit-field" }, element("label", { htmlFor: typed.id, textContent: `Type ${name} to confirm` }), typed, problem)],
    action: async () => {
      if (typed.value !== name) {
        problem.textContent = `This is not the name of the table, ${name}.`;
        typed.focus();
        throw Object.assign(new Error("Nothing was dropped."), { quiet: true });
      }
      await send(ui.dropPath, { confirm: true });
      location.href = page.tableUrl.replace(/\/[^/]+$/, "");
    },
  });
}
