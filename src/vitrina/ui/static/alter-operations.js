// What has to be done to turn a table into what the dialog shows, as operations of the write API.

const same = (left, right) => JSON.stringify(left) === JSON.stringify(right);

function changesOf(line) {
  const { original } = line;
  const changed = {};
  if (line.type.value !== line.typeBefore) changed.type = line.type.value;
  if (line.needed.checked !== Boolean(original.notnull)) changed.not_null = line.needed.checked;
  if (line.default.changed) {
    const args = line.default.args(line.type.value || original.type);
    Object.assign(changed, Object.keys(args).length ? args : { default: null });
  }
  return changed;
}

function foreignKeyOperations(line, column) {
  if (!line.foreignKey.changed) return [];
  const operations = [];
  if (line.original.foreign_key) operations.push({ op: "drop_foreign_key", args: { column } });
  const target = line.foreignKey.value;
  if (target) operations.push({ op: "add_foreign_key", args: { column, ...target } });
  return operations;
}

function addition(line) {
  const args = { name: line.wanted, type: line.type.value, ...line.default.args(line.type.value) };
  if (line.needed.checked) args.not_null = true;
  return { op: "add_column", args };
}

// All operations of a request are applied together, so that no name can be given away and taken at once.
function checkNames(ui, lines) {
  const names = new Set(ui.columns.map((column) => column.name.toLowerCase()));
  for (const { original, wanted } of lines) {
    const own = original.name?.toLowerCase();
    if (wanted.toLowerCase() !== own && names.has(wanted.toLowerCase())) {
      throw new Error(`${wanted} is still the name of another column. Rename or drop that one and save first.`);
    }
  }
}

/**
 * The operations of one request. Columns that are there go by the names they have before it.
 *
 * `ui` is the page's alterTable; `lines` those of the column editor; `table` the name that is wanted.
 * Throws where a name is wanted that another column has.
 */
export function operationsOf(ui, lines, table) {
  checkNames(ui, lines);
  const kept = new Set(lines.map((line) => line.original.name).filter(Boolean));
  const operations = ui.columns.filter(({ name }) => !kept.has(name)).map(({ name }) => ({ op: "drop_column", args: { name } }));
  const nameOf = (line) => line.original.name || line.wanted;
  for (const line of lines) {
    const { name } = line.original;
    if (!name) operations.push(addition(line));
    const changed = name ? changesOf(line) : {};
    if (Object.keys(changed).length) operations.push({ op: "alter_column", args: { name, ...changed } });
    if (name && line.wanted !== name) operations.push({ op: "rename_column", args: { name, to: line.wanted } });
    operations.push(...foreignKeyOperations(line, nameOf(line)));
  }
  const keys = lines.filter((line) => line.key.checked).map(nameOf);
  if (keys.length && !same([...keys].sort(), [...ui.primaryKeys].sort())) {
    operations.push({ op: "set_primary_key", args: { columns: keys } });
  }
  const order = lines.map(nameOf);
  const old = ui.columns.map(({ name }) => name).filter((name) => kept.has(name));
  const appended = lines.filter((line) => !line.original.name).map(nameOf);
  if (!same(order, [...old, ...appended])) operations.push({ op: "reorder_columns", args: { columns: order } });
  if (table !== ui.tableName) operations.push({ op: "rename_table", args: { to: table } });
  return operations;
}
