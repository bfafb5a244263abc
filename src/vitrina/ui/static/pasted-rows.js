// Pasted cells as rows of a table: which column each cell belongs to, what is wrong, and the values to send.

import { kindOf, problemOf, valueOf } from "./field-values.js";

/** Column for each position of a row: by the names in `heads`, where there are any, else in the table's order. */
export function mappingOf(width, columns, heads) {
  if (!heads) {
    // A key that SQLite fills in is usually not in the sheet.
    const usual = width < columns.length ? columns.filter((column) => !column.is_auto_pk) : columns;
    return Array.from({ length: width }, (_, index) => usual[index]?.name ?? null);
  }
  const byName = new Map(columns.map((column) => [column.name.toLowerCase(), column.name]));
  const taken = new Set();
  return Array.from({ length: width }, (_, index) => {
    const name = byName.get((heads[index] || "").trim().toLowerCase()) ?? null;
    if (name === null || taken.has(name)) return null;
    taken.add(name);
    return name;
  });
}

/** Whether the first row looks like names of columns: at least half of its cells are. */
export function hasHeads(rows, columns) {
  if (!rows.length) return false;
  const names = new Set(columns.map((column) => column.name.toLowerCase()));
  const known = rows[0].filter((cell) => names.has(cell.trim().toLowerCase()));
  return known.length > 0 && known.length * 2 >= rows[0].length;
}

/** What is wrong with the text of one cell of `column`. */
export function cellProblem(column, text) {
  const needed = column.notnull && !column.has_default && !column.is_auto_pk;
  if (text === "") return needed && kindOf(column) !== "text" ? "A value is needed here." : "";
  if (kindOf(column) === "blob") return "Files cannot be pasted.";
  return problemOf(kindOf(column), text);
}

/**
 * Problems of all rows: a Map from "row,cell" to a sentence.
 *
 * `rows` are cells; `mapping` the column names of the positions; `keys` the primary key's columns.
 */
export function problemsOf(rows, mapping, columns, keys) {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const problems = new Map();
  rows.forEach((row, at) => {
    mapping.forEach((name, index) => {
      const problem = name && cellProblem(byName.get(name), row[index] ?? "");
      if (problem) problems.set(`${at},${index}`, problem);
    });
  });
  markRepeatedKeys(rows, mapping, keys, problems);
  return problems;
}

function markRepeatedKeys(rows, mapping, keys, problems) {
  const places = keys.map((key) => mapping.indexOf(key));
  if (!places.length || places.includes(-1)) return;
  const seen = new Map();
  rows.forEach((row, at) => {
    const values = places.map((index) => row[index] ?? "");
    if (values.every((value) => value === "")) return;
    const key = JSON.stringify(values);
    if (seen.has(key)) problems.set(`${at},${places[0]}`, `The same key as row ${seen.get(key) + 1}.`);
    else seen.set(key, at);
  });
}

/** Columns that need a value and are not in the mapping. */
export function missingColumns(mapping, columns) {
  const missing = columns.filter((column) => column.notnull && !column.has_default && !column.is_auto_pk);
  return missing.map((column) => column.name).filter((name) => !mapping.includes(name));
}

/** One row as JSON sends it; an empty cell is NULL, or empty text where the column takes no NULL. */
export function rowValues(row, mapping, columns) {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const values = {};
  mapping.forEach((name, index) => {
    if (!name) return;
    const column = byName.get(name);
    const text = row[index] ?? "";
    if (text !== "") values[name] = valueOf(kindOf(column), text);
    else if (!column.notnull || column.is_auto_pk) values[name] = null;
    else if (!column.has_default) values[name] = "";
  });
  return values;
}
