// What a field that is left empty means: NULL, empty text, or the column's default.

import { element } from "./ask.js";

/** Choices for an empty field of a column: [value, words] pairs, the first is taken unless told otherwise. */
function choicesOf({ mode, column, textual }) {
  const choices = [];
  const nullable = !column.notnull;
  if (mode === "insert") {
    if (column.has_default) choices.push(["default", `default (${column.default})`]);
    else if (column.is_auto_pk) choices.push(["default", "a new number"]);
    else if (!nullable) choices.push(["missing", "nothing yet"]);
  }
  if (nullable) choices.push(["null", "NULL"]);
  if (textual) choices.push(["text", "empty text"]);
  if (!choices.length) choices.push(["missing", "nothing yet"]);
  return choices;
}

/**
 * Makes the choice beside an input; it shows while the input is empty and there is something to choose.
 *
 * Gives {root, value}: one of default, missing, null, text.
 */
export function emptyChoice({ mode, column, textual, input, value }) {
  const choices = choicesOf({ mode, column, textual });
  const select = element("select", { className: "empty-choice", aria: { label: `Empty ${column.name} means` } });
  for (const [name, words] of choices) select.append(element("option", { value: name, textContent: `Empty: ${words}` }));
  const hadText = mode === "edit" && value !== null && value !== undefined;
  if (hadText && choices.some(([name]) => name === "text")) select.value = "text";
  const initial = select.value;
  const show = () => (select.hidden = input.value !== "" || choices.length < 2);
  input.addEventListener("input", show);
  show();
  return {
    root: select,
    show,
    get value() {
      return select.value;
    },
    get changed() {
      return select.value !== initial;
    },
    choose(name) {
      if (choices.some(([each]) => each === name)) select.value = name;
      show();
    },
  };
}
