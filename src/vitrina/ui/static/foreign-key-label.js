// What the row is called that a foreign key points at, beside the key.

import { read } from "./ask.js";

const WAIT_MS = 300;

/** Keeps `label` at the name of the row that `input` holds the key of; `source` is the autocomplete of its table. */
export function showLabel({ picker, input, label, source }) {
  let timer;
  let asked = 0;
  const keyOf = (row) => Object.values(row.pks || {}).join(",");
  const look = async () => {
    const key = input.value.trim();
    const turn = ++asked;
    if (!key) return (label.textContent = "");
    const url = new URL(source, location.href);
    url.searchParams.set("q", key);
    let rows = [];
    try {
      ({ rows = [] } = await read(url));
    } catch {
      // Whoever may not see the other table sees the key alone.
      return;
    }
    if (turn !== asked) return;
    const found = rows.find((row) => keyOf(row) === key);
    label.textContent = found?.label ?? "";
  };
  picker.addEventListener("datasette-autocomplete-select", ({ detail }) => {
    clearTimeout(timer);
    asked += 1;
    label.textContent = detail.row.label ?? "";
  });
  input.addEventListener("input", () => {
    clearTimeout(timer);
    label.textContent = "";
    timer = setTimeout(look, WAIT_MS);
  });
  look();
}
