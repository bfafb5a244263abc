// The menu at the head of each column; opens by click, Enter or long press.

import { actionsOf, statistics } from "./column-actions.js";

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
  list.append(...actionsOf(head).map(entry));
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

for (const head of document.querySelectorAll("table.rows-and-columns:not(.record) th[data-column]:not([data-is-link-column])")) start(head);
document.addEventListener("keydown", onKey);
document.addEventListener("click", (event) => {
  if (open && !open.menu.contains(event.target)) close();
});
document.addEventListener("scroll", () => close(), true);
addEventListener("resize", () => close());
