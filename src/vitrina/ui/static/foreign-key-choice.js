// The choice of the table that a column points at, from the server's list of possible ones.

import { element, read } from "./ask.js";

/** The targets that the server offers at `path`, asked for once; none where it refuses. */
export function targetsAt(path) {
  if (!path) return Promise.resolve([]);
  return read(path).then(
    ({ targets = [] }) => targets,
    () => [],
  );
}

/**
 * Makes the choice; `targets` is a promise of {fk_table, fk_column, type}, `current` {fk_table, fk_column} or null.
 *
 * Gives {root, changed, value}: the value is {fk_table, fk_column} or null.
 */
export function foreignKeyChoice({ targets, current, name }) {
  const select = element("select", { aria: { label: `Table that ${name} points at` } });
  const known = new Map([["", null]]);
  const add = (target) => {
    const key = JSON.stringify([target.fk_table, target.fk_column]);
    if (known.has(key)) return key;
    known.set(key, { fk_table: target.fk_table, fk_column: target.fk_column });
    select.append(element("option", { value: key, textContent: `${target.fk_table} (${target.fk_column})` }));
    return key;
  };
  select.append(element("option", { value: "", textContent: "No other table" }));
  const start = current ? add(current) : "";
  select.value = start;
  targets.then((found) => {
    const chosen = select.value;
    found.forEach(add);
    select.value = chosen;
  });
  return {
    root: select,
    get changed() {
      return select.value !== start;
    },
    get value() {
      return known.get(select.value) ?? null;
    },
  };
}
