// The form of one row: a field for each column, with plugins' own controls and suggestions for foreign keys.

let counter = 0;

/**
 * Makes the fields of a row.
 *
 * `columns` are objects with name, sqlite_type, notnull, is_pk, is_auto_pk, default, has_default, column_type;
 * `values` the row's present values (empty for a new one). Gives {root, changes(), fields}.
 */
export function rowForm({ mode, columns, values = {}, data, form, dialog }) {
  const root = document.createElement("div");
  const fields = columns.map((column) => new Field({ mode, column, value: values[column.name], data, form, dialog }));
  root.append(...fields.map((field) => field.root));
  return {
    root,
    fields,
    /** Column → value of everything that was given or changed. */
    changes() {
      const changed = fields.filter((field) => (mode === "insert" ? !field.isUsingSqliteDefault() : field.hasChanged()));
      return Object.fromEntries(changed.map((field) => [field.context.column, field.typedValue()]));
    },
  };
}

class Field {
  constructor({ mode, column, value, data, form, dialog }) {
    this.id = `field-${++counter}`;
    this.labelId = `${this.id}-label`;
    this.descriptionId = `${this.id}-description`;
    this.form = form;
    this.dialog = dialog;
    this.wasNull = value === null || value === undefined;
    this.initial = asText(value);
    this.context = contextOf({ mode, column, data, form, dialog });
    this.root = element("div", { className: "edit-field" });
    this.label = element("label", { id: this.labelId, htmlFor: this.id, textContent: column.name });
    this.control = element("div", { className: "edit-control" });
    this.meta = element("p", { className: "edit-meta", id: this.descriptionId, textContent: this.#describe(column) });
    this.custom = window.__DATASETTE__?.makeColumnField(this.context);
    this.input = this.#makeInput(column);
    this.input.setAttribute("aria-describedby", this.descriptionId);
    this.root.append(this.label, this.control, this.meta);
    this.#fill(data, column);
  }

  #describe(column) {
    const parts = [column.column_type?.type || (column.sqlite_type || "").toLowerCase()];
    if (column.notnull) parts.push("needed");
    if (column.has_default) parts.push(`default ${column.default}`);
    return parts.filter(Boolean).join(" · ");
  }

  #makeInput(column) {
    const long = column.column_type && ["textarea", "json"].includes(column.column_type.type);
    const many = this.custom?.useTextarea || long || this.initial.length > 80 || this.initial.includes("\n");
    const input = element(many ? "textarea" : "input", { id: this.id, name: column.name, value: this.initial });
    if (many) input.rows = Math.min(12, Math.max(3, this.initial.split("\n").length));
    else input.type = { email: "email", url: "url" }[column.column_type?.type] || "text";
    if (!many && column.value_kind === "number") input.inputMode = "decimal";
    if (this.context.mode === "edit" && column.is_pk) input.readOnly = true;
    return input;
  }

  #fill(data, column) {
    const source = data.foreignKeys?.[column.name];
    if (this.custom?.render) {
      const node = this.custom.render(this);
      if (node) this.control.append(node);
      if (!this.control.contains(this.input)) {
        this.input.hidden = true;
        this.control.append(this.input);
      }
    } else if (source) {
      const suggestions = element("datasette-autocomplete", {});
      suggestions.setAttribute("src", source);
      suggestions.append(this.input);
      this.control.append(suggestions);
    } else {
      this.control.append(this.input);
    }
  }

  getValue() {
    return this.input.value;
  }

  setValue(value) {
    this.input.value = asText(value);
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  getInitialValue() {
    return this.initial;
  }

  hasChanged() {
    return this.getValue() !== this.initial;
  }

  clearValue() {
    this.setValue("");
  }

  markClean() {
    this.initial = this.getValue();
  }

  isUsingSqliteDefault() {
    return this.context.mode === "insert" && this.getValue() === "";
  }

  setValidity(message) {
    this.input.setCustomValidity(message);
    this.input.reportValidity();
  }

  clearValidity() {
    this.input.setCustomValidity("");
  }

  /** The value as JSON sends it: a number for a number column, null for a field emptied that may be empty. */
  typedValue() {
    const text = this.getValue();
    const numeric = /INT|REAL|FLOAT|NUMERIC/i.test(this.context.sqliteType || "");
    if (text === "" && (numeric || this.wasNull)) return null;
    if (numeric && text.trim() !== "" && String(Number(text)) === text.trim()) return Number(text);
    return text;
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

function asText(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function element(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}
