// The control of a column of files in forms of rows: the file it names, another one instead, or none.

import { element } from "./ask.js";
import { fileData, fileLink } from "./files-cell.js";
import { loadStyles } from "./files-place.js";

const ID = /^df-[a-z0-9]{26}$/;

function fileField() {
  let field;
  let chooser = null;
  const shown = element("span", { className: "file-field-now", aria: { live: "polite" } });
  const choose = element("button", { type: "button" });
  const remove = element("button", { type: "button", textContent: "Remove file" });
  const place = element("div", { className: "file-field-picker" });

  async function show() {
    const id = field.getValue();
    choose.textContent = id ? "Change file" : "Choose file";
    choose.setAttribute("aria-expanded", String(Boolean(chooser)));
    remove.hidden = !id;
    if (!id) return shown.replaceChildren("No file");
    const file = ID.test(id) ? await fileData(id) : null;
    if (field.getValue() !== id) return undefined;
    if (!file) return shown.replaceChildren(element("code", { textContent: id }), " (not there, or not to be seen by you)");
    const link = fileLink(file);
    link.target = "_blank";
    return shown.replaceChildren(link);
  }

  function take(id) {
    field.setValue(id);
    if (!id) field.empty.choose("null");
    show();
  }

  function shut() {
    chooser?.remove();
    chooser = null;
    choose.setAttribute("aria-expanded", "false");
    choose.focus();
  }

  async function open() {
    if (chooser) return shut();
    await import("./files-picker.js");
    chooser = element("datasette-file-picker");
    const { column } = field.context;
    for (const [name, value] of Object.entries({ column, "current-file-id": field.getValue(), mode: "inline" })) chooser.setAttribute(name, value);
    chooser.addEventListener("file-selected", ({ detail: { fileId } }) => {
      shut();
      if (fileId !== null) take(fileId);
    });
    place.append(chooser);
    choose.setAttribute("aria-expanded", "true");
    chooser.focus();
    return undefined;
  }

  return {
    render(made) {
      field = made;
      choose.id = `${field.input.id}-choose`;
      choose.setAttribute("aria-describedby", field.labelId);
      remove.setAttribute("aria-describedby", field.labelId);
      choose.addEventListener("click", open);
      remove.addEventListener("click", () => {
        take("");
        choose.focus();
      });
      // A change from elsewhere, such as what somebody else saved, shows too.
      field.input.addEventListener("change", show);
      show();
      return element("div", { className: "file-field" }, shown, choose, remove, place);
    },
    focus: () => choose.focus(),
    destroy: () => chooser?.remove(),
  };
}

loadStyles();
const register = (manager) =>
  manager.registerPlugin("datasette-files", {
    version: "1",
    makeColumnField: (context) => (context.columnType?.type === "file" ? fileField() : undefined),
  });
if (window.__DATASETTE__) register(window.__DATASETTE__);
else document.addEventListener("datasette_init", (event) => register(event.detail), { once: true });
