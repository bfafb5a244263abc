// The form of one row: a field for each column, what was changed, and refusals beside the fields that they are about.

import { element } from "./ask.js";
import { isBlob } from "./field-values.js";
import { Field } from "./row-field.js";

// A blob that is larger is not sent back to be compared.
const COMPARED = 65536;

/**
 * Makes the fields of a row.
 *
 * `columns` are objects with name, sqlite_type, notnull, is_pk, is_auto_pk, default, has_default, column_type;
 * `values` the row's present values (empty for a new one).
 */
export function rowForm({ mode, columns, values = {}, data, form, dialog }) {
  const fields = columns.map((column) => new Field({ mode, column, value: values[column.name], data, form, dialog }));
  const byName = new Map(fields.map((field) => [field.context.column, field]));
  const root = element("div", { className: "row-form" }, ...fields.map((field) => field.root));
  const given = (field) => (mode === "insert" ? !field.isUsingSqliteDefault() : field.hasChanged());
  return {
    root,
    fields,
    byName,
    /** Column → value of everything that was given or changed; throws after marking fields that are wrong. */
    changes() {
      const wrong = fields.filter((field) => !field.check());
      if (wrong.length) {
        wrong[0].focus();
        const names = wrong.map((field) => field.context.column).join(", ");
        throw Object.assign(new Error(`Nothing was sent. Look at ${names}.`), { quiet: true });
      }
      return Object.fromEntries(fields.filter(given).map((field) => [field.context.column, field.typedValue()]));
    },
    isChanged: () => fields.some(given),
    /** Column → value as the form was loaded with, for the server to compare. */
    expected() {
      const comparable = fields.filter((field) => isComparable(field.loaded));
      return Object.fromEntries(comparable.map((field) => [field.context.column, field.loaded]));
    },
    /** Puts messages of the server beside the fields that they name; gives those that name none. */
    place(messages) {
      const left = messages.filter((message) => !placed(byName, message));
      fields.find((field) => field.problem.textContent)?.focus();
      return left;
    },
    destroy() {
      for (const field of fields) field.custom?.destroy?.();
    },
  };
}

function isComparable(value) {
  if (value === null || typeof value !== "object") return true;
  return isBlob(value) && value.encoded.length <= COMPARED;
}

// "name: what is wrong" of a column type, and SQLite's own "NOT NULL constraint failed: table.name".
function placed(byName, message) {
  const constraint = /^(NOT NULL|UNIQUE) constraint failed: (.+)$/.exec(message);
  if (constraint) {
    const names = constraint[2].split(", ").map((name) => name.slice(name.indexOf(".") + 1));
    const known = names.filter((name) => byName.has(name));
    const alone = known.length === 1;
    const words = constraint[1] === "UNIQUE" ? `There is a row with ${alone ? "this value" : "these values"} already.` : "A value is needed here.";
    for (const name of known) byName.get(name).setValidity(words);
    // The server's own words stay in sight too.
    return false;
  }
  const [name] = [...byName.keys()].filter((each) => message.startsWith(`${each}: `)).sort((a, b) => b.length - a.length);
  if (name === undefined) return false;
  byName.get(name).setValidity(message.slice(name.length + 2));
  return true;
}
