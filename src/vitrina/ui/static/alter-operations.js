// What has to be done to turn a table into what the dialog shows, as operations of the write API.

const same = (left, right) => JSON.stringify(left) === JSON.stringify(right);

function changesOf(line) {
  const { original } = line;
  const changed = {};
  if (line.type.value !== original.type) changed.type = line.type.value;
  if (line.needed.checked !== Boolean(original.notnull)) changed.not_null = line.needed.checked;
  if (line.default.changed) {
    const args = line.default.args(line.type.value);
    Object.assign(changed, Object.keys(args).length ? args : { default: null });
  }
  return changed;
}

function foreignKeyOperations(line, name) {
  if (!line.foreignKey.changed) return [];
  const operations = [];
  if (line.original.foreign_key) operations.push({ op: "drop_foreign_key", args: { column: name } });
  const target = line.foreignKey.value;
  if (target) operations.push({ op: "add_foreign_key", args: { column: name, ...target } });
  return operations;
}

function addition(line) {
  const args = { name: line.wanted, type: line.type.value, ...line.default.args(line.type.value) };
  if (line.needed.checked) args.not_null = true;
  return { op: "add_column", args };
}

/**
 * The operations in two steps, the second with the names that columns have after the first.
 *
 * `ui` is the page's alterTable; `lines` those of the column editor; `table` the name that is wanted.
 */
export function operationsOf(ui, lines, table) {
  const kept = new Set(lines.map((line) => line.original.name).filter(Boolean));
  const first = ui.columns.filter((column) => !kept.has(column.name)).map((column) => ({ op: "drop_column", args: { name: column.name } }));
  const second = [];
  for (const line of lines) {
    const { name } = line.original;
    if (!name) {
      first.push(addition(line));
      second.push(...foreignKeyOperations(line, line.wanted));
      continue;
    }
    const changed = changesOf(line);
    if (Object.keys(changed).length) first.push({ op: "alter_column", args: { name, ...changed } });
    if (line.wanted !== name) first.push({ op: "rename_column", args: { name, to: line.wanted } });
    second.push(...foreignKeyOperations(line, line.wanted));
  }
  const keys = lines.filter((line) => line.key.checked).map((line) => line.wanted);
  const before = ui.primaryKeys.map((key) => lines.find((line) => line.original.name === key)?.wanted);
  if (keys.length && !same([...keys].sort(), [...before].sort())) second.push({ op: "set_primary_key", args: { columns: keys } });
  const order = lines.map((line) => line.wanted);
  const old = ui.columns.map((column) => lines.find((line) => line.original.name === column.name)?.wanted).filter(Boolean);
  const appended = lines.filter((line) => !line.original.name).map((line) => line.wanted);
  if (!same(order, [...old, ...appended])) second.push({ op: "reorder_columns", args: { columns: order } });
  if (table !== ui.tableName) second.push({ op: "rename_table", args: { to: table } });
  return [first, second].filter((step) => step.length);
}
