// The preview of pasted rows: a column to choose for each position, and a field for each cell that is wrong.

import { element } from "./ask.js";

// Rows that are drawn: the first ones, and the first ones that are wrong.
const SHOWN = 50;

function headOf(index, mapping, columns, sample, onMap) {
  const select = element("select", { aria: { label: `Column for cells like ${sample || "(empty)"}` } });
  select.append(element("option", { value: "", textContent: "(leave out)" }));
  for (const column of columns) {
    select.append(element("option", { value: column.name, textContent: column.name, selected: column.name === mapping[index] }));
  }
  select.addEventListener("change", () => onMap(index, select.value || null));
  return element("th", { scope: "col" }, select);
}

function cellOf({ at, index, text, problem, column, onEdit }) {
  if (!problem) return element("td", { textContent: text, className: column ? "" : "left-out" });
  const id = `pasted-${at}-${index}`;
  const input = element("input", { type: "text", value: text, aria: { label: `${column}, row ${at + 1}`, invalid: "true", describedby: id } });
  input.addEventListener("change", () => onEdit(at, index, input.value));
  return element("td", { className: "wrong" }, input, element("p", { id, className: "edit-problem", textContent: problem }));
}

function shownRows(rows, problems, refused) {
  const wrong = new Set([...problems.keys()].map((key) => Number(key.slice(0, key.indexOf(",")))));
  for (const at of refused.keys()) wrong.add(at);
  const chosen = new Set([...wrong].sort((a, b) => a - b).slice(0, SHOWN));
  for (let at = 0; at < rows.length && at < SHOWN; at += 1) chosen.add(at);
  return [...chosen].sort((a, b) => a - b);
}

/** Draws the grid; `refused` has what the server said about rows. `onMap(index, name)` and `onEdit(at, index, text)`. */
export function pasteGrid({ rows, mapping, columns, problems, refused, onMap, onEdit }) {
  const heads = mapping.map((_, index) => headOf(index, mapping, columns, rows[0]?.[index], onMap));
  const table = element("table", { className: "paste-grid" }, element("thead", {}, element("tr", {}, element("th", { scope: "col", textContent: "Row" }), ...heads)));
  const body = element("tbody");
  const shown = shownRows(rows, problems, refused);
  for (const at of shown) {
    const cells = mapping.map((column, index) =>
      cellOf({ at, index, text: rows[at][index] ?? "", problem: problems.get(`${at},${index}`), column, onEdit }),
    );
    body.append(element("tr", {}, element("th", { scope: "row", textContent: String(at + 1) }), ...cells));
    if (refused.has(at)) {
      const words = element("td", { colSpan: mapping.length, className: "edit-problem", textContent: `Row ${at + 1} was refused: ${refused.get(at)}` });
      body.append(element("tr", {}, element("td"), words));
    }
  }
  table.append(body);
  const box = element("div", { className: "paste-preview", tabIndex: 0, aria: { role: "region", label: "Preview of the rows" } }, table);
  const rest = rows.length - shown.length;
  const more = element("p", { className: "edit-meta", textContent: rest > 0 ? `and ${rest.toLocaleString()} more rows without problems` : "" });
  return [box, more];
}
