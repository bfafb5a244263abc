// The richer type of a column, such as email, URL or JSON, in the dialogs that make and change tables.

import { element, send } from "./ask.js";

/**
 * Makes the choice; `types` are {name, description, sqliteTypes}, `current` {type} or null, `stored` the choice of what is stored.
 *
 * Only what fits to what is stored can be chosen. Gives {root, changed, value}: the value is {type} or null.
 */
export function assignedType({ types, current, stored, name }) {
  const select = element("select", { aria: { label: `What ${name} is shown and checked as` } });
  const before = current?.type || "";
  const choices = [{ name: "", description: "As stored" }, ...types];
  if (!choices.some((each) => each.name === before)) choices.push(current);
  for (const each of choices) {
    const value = each.name ?? each.type;
    select.append(element("option", { value, textContent: each.description || value, selected: value === before }));
  }
  const fit = () => {
    for (const option of select.options) {
      const kinds = types.find((each) => each.name === option.value)?.sqliteTypes;
      // What a column of another type than those on offer can be is for the server to say.
      option.hidden = option.disabled = Boolean(kinds && stored.value && !kinds.includes(stored.value));
    }
    if (select.selectedOptions[0]?.disabled) select.value = "";
  };
  stored.addEventListener("change", fit);
  fit();
  return {
    root: select,
    get changed() {
      return select.value !== before;
    },
    get value() {
      return select.value === before ? current : { type: select.value };
    },
  };
}

/** What is to be assigned once the table is as `lines` say; `renamed`: under another name, so that nothing is assigned yet. */
export function typesToAssign(lines, renamed) {
  const isDue = ({ assigned, original, wanted }) =>
    assigned && (assigned.changed || (assigned.value && (renamed || original.name !== wanted)));
  return lines.filter(isDue).map(({ assigned, wanted }) => ({ column: wanted, column_type: assigned.value?.type ? assigned.value : null }));
}

/** Assigns types to columns of the table at `tableUrl`. Throws where one is refused, though the table is saved. */
export async function assignTypes(tableUrl, bodies) {
  for (const body of bodies) {
    try {
      await send(`${tableUrl}/-/set-column-type`, body);
    } catch (error) {
      throw new Error(`The table is saved, but ${body.column} has not got its type. ${error.message}`);
    }
  }
}
