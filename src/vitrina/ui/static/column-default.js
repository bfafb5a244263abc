// The default of a column in the dialogs that make and change tables.

import { element } from "./ask.js";

const KEEP = "keep";

/** What SQLite has as a default, as the dialog shows it: {choice, text}. */
function readDefault(column, expressions) {
  const sql = column.default;
  if (sql === null || sql === undefined) return { choice: "", text: "" };
  const known = expressions.find(({ value }) => value === String(sql).toLowerCase());
  if (known) return { choice: known.value, text: "" };
  const quoted = /^'((?:[^']|'')*)'$/.exec(sql);
  if (quoted) return { choice: "value", text: quoted[1].replaceAll("''", "'") };
  if (/^[+-]?\d+(\.\d+)?$/.test(sql)) return { choice: "value", text: sql };
  return { choice: KEEP, text: "" };
}

/**
 * Makes the choice of a default: none, a value, or one of `expressions` ({value, label}).
 *
 * Gives {root, changed, args(type)}: the arguments are {}, {default}, or {default_expr}.
 */
export function columnDefault({ column, expressions, name }) {
  const start = readDefault(column, expressions);
  const select = element("select", { aria: { label: `Default of ${name}` } });
  const options = [["", "No default"], ["value", "A value"], ...expressions.map(({ value, label }) => [value, label])];
  if (start.choice === KEEP) options.unshift([KEEP, `As it is: ${column.default}`]);
  for (const [value, text] of options) select.append(element("option", { value, textContent: text, selected: value === start.choice }));
  const input = element("input", { type: "text", value: start.text, aria: { label: `Default value of ${name}` } });
  const show = () => (input.hidden = select.value !== "value");
  select.addEventListener("change", show);
  show();
  return {
    root: element("div", { className: "column-default" }, select, input),
    get changed() {
      return select.value !== start.choice || (select.value === "value" && input.value !== start.text);
    },
    args(type) {
      if (select.value === "" || select.value === KEEP) return {};
      if (select.value !== "value") return { default_expr: select.value };
      const number = Number(input.value);
      const numeric = ["integer", "float"].includes(type) && input.value.trim() !== "" && Number.isFinite(number);
      return { default: numeric ? number : input.value };
    },
  };
}
