// One field of a row's form: its label, control, what is wrong with it, and the API that plugins' controls use.

import { element } from "./ask.js";
import { blobField } from "./blob-field.js";
import { emptyChoice } from "./empty-choice.js";
import { asText, isBlob, kindOf, problemOf, valueOf } from "./field-values.js";
import { showLabel } from "./foreign-key-label.js";

const LONG = 80;
let counter = 0;

export class Field {
  constructor({ mode, column, value, data, form, dialog }) {
    this.id = `field-${++counter}`;
    this.labelId = `${this.id}-label`;
    this.descriptionId = `${this.id}-description`;
    this.column = column;
    this.form = form;
    this.dialog = dialog;
    this.loaded = value ?? null;
    this.initial = asText(value);
    this.kind = isBlob(value) ? "blob" : kindOf(column);
    this.context = contextOf({ mode, column, data, form, dialog });
    this.problem = element("p", { className: "edit-problem", id: `${this.id}-problem`, aria: { live: "polite" } });
    this.note = element("div", { className: "edit-note", hidden: true });
    this.meta = element("p", { className: "edit-meta", id: this.descriptionId, textContent: this.#describe() });
    this.control = element("div", { className: "edit-control" });
    const label = element("label", { id: this.labelId, htmlFor: this.id, textContent: column.name });
    this.root = element("div", { className: "edit-field", data: { column: column.name } });
    this.root.append(label, this.control, this.problem, this.note, this.meta);
    this.custom = window.__DATASETTE__?.makeColumnField(this.context);
    if (this.kind === "blob" && !this.custom) this.#makeBlob(data);
    else this.#makeText(data);
  }

  #describe() {
    const { column } = this;
    const type = column.column_type?.type || (column.declared_type || column.sqlite_type || "").toLowerCase();
    const needed = column.notnull && !column.has_default && "needed";
    return [type, needed, column.has_default && `default ${column.default}`].filter(Boolean).join(" · ");
  }

  #makeBlob(data) {
    this.blob = blobField({
      id: this.id,
      blob: isBlob(this.loaded) ? this.loaded : null,
      nullable: !this.column.notnull,
      maxBodyBytes: data.maxBodyBytes || 0,
      describedBy: `${this.problem.id} ${this.descriptionId}`,
      changed: (problem) => this.#show(problem),
    });
    this.input = this.blob.input;
    this.control.append(this.blob.root);
  }

  #makeText(data) {
    this.input = this.#makeInput();
    this.input.setAttribute("aria-describedby", `${this.problem.id} ${this.descriptionId}`);
    this.input.addEventListener("input", () => this.input.ariaInvalid === "true" && this.check());
    this.input.addEventListener("change", () => this.check());
    const textual = ["text", "long", "any", "email", "url"].includes(this.kind);
    const { mode } = this.context;
    this.empty = emptyChoice({ mode, column: this.column, textual, input: this.input, value: this.loaded });
    const source = data.foreignKeys?.[this.column.name];
    if (this.custom?.render) this.#renderCustom();
    else if (source && !this.input.readOnly) this.#makePicker(source);
    else this.control.append(this.input);
    if (!this.input.readOnly && !this.custom?.render) this.control.append(this.empty.root);
  }

  #makeInput() {
    const long = this.kind === "long" || this.kind === "json" || this.initial.length > LONG || this.initial.includes("\n");
    const many = this.custom?.useTextarea || long;
    const input = element(many ? "textarea" : "input", { id: this.id, name: this.column.name, value: this.initial });
    if (many) input.rows = Math.min(12, Math.max(3, this.initial.split("\n").length));
    else input.type = this.#inputType();
    if (!many && ["integer", "real", "number"].includes(this.kind)) input.inputMode = "decimal";
    if (this.kind === "datetime") input.placeholder = "YYYY-MM-DD HH:MM:SS";
    if (this.kind === "json" || this.kind === "long") input.spellcheck = this.kind === "long";
    input.autocomplete = "off";
    if (this.context.mode === "edit" && this.column.is_pk) input.readOnly = true;
    return input;
  }

  #inputType() {
    // A date that is no day could not be shown in a field for dates.
    if (this.kind === "date") return this.initial === "" || !problemOf("date", this.initial) ? "date" : "text";
    return { email: "email", url: "url" }[this.kind] || "text";
  }

  #renderCustom() {
    const node = this.custom.render(this);
    if (node instanceof Node) this.control.append(node);
    if (this.control.contains(this.input)) return;
    this.input.hidden = true;
    this.control.append(this.input);
  }

  #makePicker(source) {
    const picker = element("datasette-autocomplete", {});
    picker.setAttribute("src", source);
    picker.append(this.input);
    const label = element("span", { className: "fk-label", aria: { live: "polite" } });
    this.control.append(picker, label);
    showLabel({ picker, input: this.input, label, source });
  }

  /** Marks what is wrong with the value, beside the field; true where nothing is. */
  check() {
    const problem = this.blob ? this.#blobProblem() : this.#textProblem();
    this.#show(problem);
    return !problem;
  }

  #textProblem() {
    if (!this.hasChanged() && this.context.mode === "edit") return "";
    const text = this.getValue();
    if (text === "") return this.empty.value === "missing" ? "A value is needed here." : "";
    return this.custom ? "" : problemOf(this.kind, text);
  }

  #blobProblem() {
    const missing = this.context.mode === "insert" && this.column.notnull && !this.column.has_default;
    return missing && !this.blob.touched ? "A file is needed here." : "";
  }

  #show(problem) {
    this.problem.textContent = problem;
    if (problem) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
  }

  /** Puts words about the value below the control, with a button that does something about it. */
  remark(text, button, onClick) {
    this.note.hidden = false;
    this.note.replaceChildren(element("span", { textContent: text }));
    if (!button) return;
    const node = element("button", { type: "button", textContent: button });
    node.addEventListener("click", () => {
      onClick();
      this.note.hidden = true;
      this.input.focus();
    });
    this.note.append(" ", node);
  }

  /** Takes `value` as what the database has now. A value that was typed stays, unless `take` is set. */
  rebase(value, { take = false } = {}) {
    const untouched = !this.hasChanged();
    this.loaded = value ?? null;
    this.initial = asText(value);
    if (this.blob) return;
    if (take || untouched) {
      this.empty.choose(value === null ? "null" : "text");
      this.setValue(value);
    }
  }

  getValue() {
    return this.input.value;
  }

  setValue(value) {
    this.input.value = asText(value);
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  getInitialValue() {
    return this.initial;
  }

  hasChanged() {
    if (this.blob) return this.blob.touched;
    if (this.getValue() !== this.initial) return true;
    // NULL and empty text look the same.
    return this.getValue() === "" && this.context.mode === "edit" && this.typedValue() !== this.loaded;
  }

  clearValue() {
    this.setValue("");
  }

  markClean() {
    this.initial = this.getValue();
    this.loaded = this.typedValue();
  }

  isUsingSqliteDefault() {
    if (this.context.mode !== "insert") return false;
    if (this.blob) return !this.blob.touched;
    return this.getValue() === "" && ["default", "missing"].includes(this.empty.value);
  }

  setValidity(message) {
    this.input.setCustomValidity?.(message);
    this.#show(message);
  }

  clearValidity() {
    this.setValidity("");
  }

  /** The value as JSON sends it; NULL and empty text are told apart by the choice beside the field. */
  typedValue() {
    if (this.blob) return this.blob.value;
    const text = this.getValue();
    if (text !== "") {
      const kind = this.kind === "any" && typeof this.loaded === "number" ? "number" : this.kind;
      return valueOf(kind, text);
    }
    return this.empty.value === "null" ? null : "";
  }

  focus() {
    if (this.custom?.focus) this.custom.focus();
    else this.input.focus();
  }
}

function contextOf({ mode, column, data, form, dialog }) {
  return {
    mode,
    database: data.database,
    table: data.table,
    tableUrl: data.tableUrl,
    column: column.name,
    columnType: column.column_type || null,
    sqliteType: column.sqlite_type,
    notNull: Boolean(column.notnull),
    isPk: Boolean(column.is_pk),
    defaultExpression: column.default ?? null,
    form,
    dialog,
  };
}
