// The menu of a column: sort, facet, hide, show only, statistics; and what plugins add.

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

// What the rows on this page say about the column, worked out only when the menu opens.
function statistics(head) {
  const cells = [...document.querySelectorAll(`td.${CSS.escape(columnClass(head))}`)];
  const values = cells.filter((cell) => !cell.classList.contains("type-none")).map((cell) => cell.textContent.trim());
  const numbers = cells.some((cell) => cell.querySelector("a")) ? [] : values.map(Number).filter(Number.isFinite);
  const parts = [`${new Set(values).size} different on this page`];
  if (cells.length - values.length) parts.push(`${cells.length - values.length} without a value`);
  if (numbers.length && numbers.length === values.length) parts.push(`${Math.min(...numbers)} to ${Math.max(...numbers)}`);
  return parts.join(" · ");
}

function itemsOf(head) {
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

let open = null;

function close(refocus) {
  if (!open) return;
  open.menu.remove();
  open.button.setAttribute("aria-expanded", "false");
  if (refocus) open.button.focus();
  open = null;
}

function entry(item) {
  const node = document.createElement(item.href ? "a" : "button");
  if (item.href) node.href = item.href;
  else {
    node.type = "button";
    node.addEventListener("click", (event) => {
      item.onClick?.(event);
      close(true);
    });
  }
  node.textContent = item.label;
  node.setAttribute("role", "menuitem");
  node.tabIndex = -1;
  const line = document.createElement("li");
  line.setAttribute("role", "none");
  line.append(node);
  return line;
}

function show(button, head) {
  const again = open?.button === button;
  close();
  if (again) return;
  const menu = document.createElement("div");
  menu.className = "column-menu floating";
  const list = document.createElement("ul");
  list.setAttribute("role", "menu");
  list.setAttribute("aria-label", `Column ${head.dataset.column}`);
  list.append(...itemsOf(head).map(entry));
  const facts = document.createElement("p");
  const type = head.dataset.columnType;
  facts.textContent = [type, statistics(head), head.dataset.columnDescription].filter(Boolean).join(" · ");
  menu.append(list, facts);
  document.body.append(menu);
  place(menu, button);
  button.setAttribute("aria-expanded", "true");
  open = { menu, button };
  list.querySelector('[role="menuitem"]')?.focus();
}

function place(menu, button) {
  const box = button.getBoundingClientRect();
  const left = Math.min(box.left, innerWidth - menu.offsetWidth - 8);
  const below = box.bottom + 4;
  const top = below + menu.offsetHeight > innerHeight ? Math.max(8, box.top - menu.offsetHeight - 4) : below;
  menu.style.left = `${Math.max(8, left)}px`;
  menu.style.top = `${top}px`;
}

function onKey(event) {
  if (!open) return;
  const items = [...open.menu.querySelectorAll('[role="menuitem"]')];
  const at = items.indexOf(document.activeElement);
  if (event.key === "Escape" || event.key === "Tab") {
    if (event.key === "Escape") event.preventDefault();
    close(true);
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    items[(at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length]?.focus();
  }
}

function start(head) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "column-button";
  button.setAttribute("aria-haspopup", "menu");
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-label", `Menu of column ${head.dataset.column}`);
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.setAttribute("viewBox", "0 0 16 16");
  icon.setAttribute("class", "icon");
  icon.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", "M4.5 6.5 8 10l3.5-3.5");
  icon.append(path);
  button.append(icon);
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    show(button, head);
  });
  head.append(button);
  // A long press on a touch screen asks for the context menu.
  head.addEventListener("contextmenu", (event) => {
    if (event.pointerType === "mouse") return;
    event.preventDefault();
    show(button, head);
  });
}

for (const head of document.querySelectorAll("table.rows-and-columns:not(.record) th[data-column]")) start(head);
document.addEventListener("keydown", onKey);
document.addEventListener("click", (event) => {
  if (open && !open.menu.contains(event.target)) close();
});
document.addEventListener("scroll", () => close(), true);
addEventListener("resize", () => close());
