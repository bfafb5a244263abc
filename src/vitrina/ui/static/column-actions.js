// What can be done with a column: sort, facet, hide, show only, statistics; and what plugins add.

const location_ = () => new URL(window.location.href);

function address(change) {
  const url = location_();
  url.searchParams.delete("_next");
  change(url.searchParams);
  return url.pathname + url.search;
}

function metaOf(head) {
  return {
    columnName: head.dataset.column,
    columnNotNull: head.dataset.columnNotNull === "1",
    columnType: (head.dataset.columnType || "").toLowerCase(),
    isPk: head.dataset.isPk === "1",
  };
}

function sortItems(name, head) {
  if (!head.querySelector("a")) return [];
  return [
    {
      label: "Sort ascending",
      href: address((args) => {
        args.delete("_sort_desc");
        args.set("_sort", name);
      }),
    },
    {
      label: "Sort descending",
      href: address((args) => {
        args.delete("_sort");
        args.set("_sort_desc", name);
      }),
    },
  ];
}

function facetItems(name, isPk) {
  const chosen = new Set(location_().searchParams.getAll("_facet"));
  if (!window.DATASETTE_ALLOW_FACET || isPk || chosen.has(name)) return [];
  return [{ label: "Facet by this", href: address((args) => args.append("_facet", name)) }];
}

function hideItems(name, isPk) {
  if (isPk) return [];
  const args = location_().searchParams;
  const kept = args.getAll("_col");
  const items = [
    {
      label: "Hide this column",
      href: address((changed) => {
        if (!kept.includes(name)) return changed.append("_nocol", name);
        changed.delete("_col");
        kept.filter((other) => other !== name).forEach((other) => changed.append("_col", other));
      }),
    },
  ];
  if (kept.length || args.has("_nocol")) {
    items.push({
      label: "Show all columns",
      href: address((changed) => {
        changed.delete("_col");
        changed.delete("_nocol");
      }),
    });
  }
  return items;
}

function filterItems(name, meta, head) {
  const items = [];
  const column = [...document.querySelectorAll(`td.${CSS.escape(columnClass(head))}`)];
  if (!meta.columnNotNull && column.some((cell) => cell.classList.contains("type-none"))) {
    items.push({ label: "Show only rows with a value", href: address((args) => args.set(`${name}__notblank`, "1")) });
  }
  const types = window._setColumnTypeData;
  if (types?.columns[name]?.options.length) {
    items.push({ label: "Set the column's type", onClick: () => import("./column-type.js").then((tool) => tool.setColumnType(types, name)) });
  }
  items.push({ label: "Copy the column's name", onClick: () => navigator.clipboard?.writeText(name) });
  return items;
}

function columnClass(head) {
  return [...head.classList].find((name) => name.startsWith("col-")) || "col-";
}

/** What the rows on this page say about the column, worked out only when asked. */
export function statistics(head) {
  const cells = [...document.querySelectorAll(`td.${CSS.escape(columnClass(head))}`)];
  const values = cells.filter((cell) => !cell.classList.contains("type-none")).map((cell) => cell.textContent.trim());
  const numbers = cells.some((cell) => cell.querySelector("a")) ? [] : values.map(Number).filter(Number.isFinite);
  const parts = [`${new Set(values).size} different on this page`];
  if (cells.length - values.length) parts.push(`${cells.length - values.length} without a value`);
  if (numbers.length && numbers.length === values.length) parts.push(`${Math.min(...numbers)} to ${Math.max(...numbers)}`);
  return parts.join(" · ");
}

/** What can be done with the column of `head`: {label, href} or {label, onClick}, the plugins' actions last. */
export function actionsOf(head) {
  const meta = metaOf(head);
  const name = meta.columnName;
  return [
    ...sortItems(name, head),
    ...facetItems(name, meta.isPk),
    ...hideItems(name, meta.isPk),
    ...filterItems(name, meta, head),
    ...(window.__DATASETTE__?.makeColumnActions(meta) || []),
  ];
}
