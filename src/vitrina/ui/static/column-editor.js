// The list of columns in the dialogs that make and change tables: name, type, key, order, and more on demand.

import { element } from "./ask.js";
import { assignedType } from "./assigned-type.js";
import { columnDefault } from "./column-default.js";
import { foreignKeyChoice } from "./foreign-key-choice.js";

let counter = 0;

function choiceOfType(types, column, name) {
  const select = element("select", { className: "column-type", aria: { label: `Type of ${name}` } });
  // DATE, DECIMAL and the like are none of the types that can be chosen: such a column keeps what it has.
  const other = column.sqlite_type === "NUMERIC";
  if (other) select.append(element("option", { value: "", textContent: "as it is" }));
  const chosen = other ? "" : column.type || "text";
  for (const type of types) select.append(element("option", { value: type, textContent: type, selected: type === chosen }));
  return select;
}

function check(text, checked) {
  const input = element("input", { type: "checkbox", checked });
  return [element("label", { className: "check" }, input, text), input];
}

function labelled(text, control) {
  return element("label", { className: "column-more-field" }, element("span", { textContent: text }), control);
}

function moveButton(words, sign, onClick) {
  const button = element("button", { type: "button", className: "icon-button", textContent: sign, title: words, aria: { label: words } });
  button.addEventListener("click", onClick);
  return button;
}

class ColumnLine {
  constructor(editor, column) {
    this.original = column;
    const name = column.name || `new column ${++counter}`;
    const { types, expressions, targets, customTypes } = editor;
    this.name = element("input", { type: "text", className: "column-name", value: column.name || "", placeholder: "name", autocomplete: "off", spellcheck: false, aria: { label: `Name of ${name}` } });
    this.type = choiceOfType(types, column, name);
    this.typeBefore = this.type.value;
    const [keyLabel, key] = check("key", Boolean(column.is_pk));
    const [neededLabel, needed] = check("needed", Boolean(column.notnull));
    Object.assign(this, { key, needed });
    this.problem = element("p", { className: "edit-problem", id: `column-problem-${++counter}`, aria: { live: "polite" } });
    this.name.setAttribute("aria-describedby", this.problem.id);
    this.name.addEventListener("input", () => this.say(""));
    this.default = columnDefault({ column, expressions, name });
    this.foreignKey = foreignKeyChoice({ targets, current: column.foreign_key || null, name });
    const more = element("details", { className: "column-more" });
    this.assigned = customTypes ? assignedType({ types: customTypes, current: column.column_type || null, stored: this.type, name }) : null;
    const offered = `Default, reference${this.assigned ? ", shown as" : ""}`;
    more.append(element("summary", {}, offered, element("span", { className: "visually-hidden", textContent: ` of ${name}` })));
    more.append(labelled("Default", this.default.root), labelled("Points at", this.foreignKey.root));
    if (this.assigned) more.append(labelled("Shown as", this.assigned.root));
    more.open = Boolean(column.foreign_key || (this.assigned && column.column_type) || (column.default ?? null) !== null);
    const remove = moveButton(`Remove ${name}`, "✕", () => editor.remove(this));
    const up = moveButton(`Move ${name} up`, "↑", () => editor.move(this, -1, up));
    const down = moveButton(`Move ${name} down`, "↓", () => editor.move(this, 1, down));
    const head = element("div", { className: "column-line" }, this.name, this.type, keyLabel, neededLabel, element("span", { className: "column-moves" }, up, down, remove));
    this.root = element("li", { className: "column-item" }, head, this.problem, more);
    this.root.addEventListener("keydown", (event) => {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!event.altKey || !step) return;
      event.preventDefault();
      editor.move(this, step, document.activeElement);
    });
  }

  get wanted() {
    return this.name.value.trim();
  }

  say(problem) {
    this.problem.textContent = problem;
    if (problem) this.name.setAttribute("aria-invalid", "true");
    else this.name.removeAttribute("aria-invalid");
  }
}

/**
 * Makes the list; `types` are names of types, `expressions` defaults, `targets` a promise of tables to point at,
 * `customTypes` the richer types that may be assigned, undefined where none may.
 *
 * Gives {root, lines, check()}: the check marks names that are missing or twice there, and says whether all is well.
 */
export function columnEditor({ types, expressions, targets, columns, customTypes }) {
  const list = element("ol", { className: "column-lines", aria: { label: "Columns" } });
  const status = element("p", { className: "visually-hidden", aria: { role: "status" } });
  const editor = { types, expressions, targets, customTypes, lines: [] };
  const draw = () => list.replaceChildren(...editor.lines.map((line) => line.root));
  editor.remove = (line) => {
    const at = editor.lines.indexOf(line);
    editor.lines.splice(at, 1);
    line.root.remove();
    status.textContent = `${line.wanted || "The column"} is removed from the list.`;
    (editor.lines[Math.min(at, editor.lines.length - 1)]?.name || add).focus();
  };
  editor.move = (line, step, focus) => {
    const at = editor.lines.indexOf(line);
    const to = at + step;
    if (to < 0 || to >= editor.lines.length) return;
    editor.lines.splice(at, 1);
    editor.lines.splice(to, 0, line);
    draw();
    focus?.focus();
    status.textContent = `${line.wanted || "The column"} is number ${to + 1} of ${editor.lines.length}.`;
  };
  const add = element("button", { type: "button", textContent: "Add a column" });
  add.addEventListener("click", () => {
    const line = new ColumnLine(editor, {});
    editor.lines.push(line);
    list.append(line.root);
    line.name.focus();
  });
  editor.lines = columns.map((column) => new ColumnLine(editor, column));
  draw();
  editor.check = () => {
    const seen = new Set();
    let first = null;
    for (const line of editor.lines) {
      const name = line.wanted.toLowerCase();
      const problem = !name ? "A name is needed." : seen.has(name) ? "Another column has this name." : "";
      line.say(problem);
      if (problem) first ??= line;
      seen.add(name);
    }
    first?.name.focus();
    return !first;
  };
  const help = element("p", { className: "edit-meta", textContent: "Alt with an arrow key moves a column." });
  editor.root = element("fieldset", { className: "column-editor" }, element("legend", { textContent: "Columns" }), list, add, help, status);
  return editor;
}
