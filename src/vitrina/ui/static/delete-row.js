// Deleting a row, with a way back: the server keeps it for ten minutes for whoever deleted it.

import { ask, element, send } from "./ask.js";
import { remember } from "./undo-memory.js";

/** Asks, then deletes the row at `path`; the notice with the Undo button is on the page that comes after. */
export function confirmDelete(data, path, label) {
  const tools = window._vitrinaRows;
  const text = label ? `${path} (${label})` : path;
  const unless = tools.changesOthers ? ", unless other rows are changed or deleted along with it" : "";
  const after = tools.insert ? `You can take this back for ten minutes${unless}.` : "It cannot be taken back.";
  ask({
    heading: "Delete this row",
    button: "Delete",
    danger: true,
    content: () => element("p", { textContent: `Row ${text} of ${data.table} will be deleted. ${after}` }),
    action: async () => {
      const answer = await send(`${data.tableUrl}/${path}/-/delete?_undo=1`, {});
      const others = answer.also_changed;
      const rows = others === 1 ? "1 other row was" : `${others} other rows were`;
      const along = others ? ` ${rows} changed or deleted along with it, so this cannot be taken back.` : "";
      remember({ text: `Row ${text} of ${data.table} is deleted.${along}`, undo: answer.undo });
      if (document.body.classList.contains("row")) location.href = data.tableUrl;
      else location.reload();
    },
  });
}
