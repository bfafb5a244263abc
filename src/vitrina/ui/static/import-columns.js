// The rows of the import form, one per column of the file, and what was chosen in them.

const EXAMPLES = 3;

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function shown(cell) {
  if (cell === null) return "NULL";
  return typeof cell === "object" ? JSON.stringify(cell) : String(cell);
}

export function columnRows(found, types) {
  return found.columns.map((column) => {
    const label = (text) => `${text} ${column.name}`;
    const use = element("input", { type: "checkbox", checked: true, name: "use", ariaLabel: label("Import") });
    const name = element("input", { type: "text", value: column.name, name: "name", required: true, ariaLabel: label("Name of") });
    const options = types.map((type) => element("option", { value: type, selected: type === column.type }, type));
    const type = element("select", { name: "type", ariaLabel: label("Type of") }, ...options);
    const key = element("input", { type: "checkbox", name: "pk", ariaLabel: label("Primary key") });
    type.dataset.onlyNew = "";
    const examples = found.rows.map((row) => row[column.source]).filter((cell) => cell !== undefined && cell !== "");
    const values = element("td", { className: "import-examples" }, examples.slice(0, EXAMPLES).map(shown).join(", "));
    const row = element("tr", {}, ...[use, name, type, key].map((field) => element("td", {}, field)), values);
    row.dataset.source = column.source;
    use.addEventListener("change", () => {
      for (const field of [name, type, key]) field.disabled = !use.checked;
    });
    return row;
  });
}

export function chosenColumns(form) {
  const columns = [];
  const pks = [];
  for (const row of form.querySelectorAll("tbody tr")) {
    const field = (name) => row.querySelector(`[name="${name}"]`);
    if (!field("use").checked) continue;
    columns.push({ source: Number(row.dataset.source), name: field("name").value, type: field("type").value });
    if (field("pk").checked) pks.push(field("name").value.trim());
  }
  return { columns, pks };
}

export function suggestedTable(fileName) {
  return fileName.replace(/^.*[\\/]/, "").replace(/(\.\w+)+$/, "").trim().replace(/\s+/g, "_") || "imported";
}
