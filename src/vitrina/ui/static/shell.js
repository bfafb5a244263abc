// What every page has: the switch of colours, and menus made of <details>.

const root = document.documentElement;

function systemTheme() {
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function remember(theme) {
  try {
    localStorage.setItem("vitrina-theme", theme);
  } catch {
    // Storage may be forbidden: the choice lasts for this page.
  }
}

function startThemeSwitch(button) {
  const label = button.querySelector(".visually-hidden");
  const current = () => root.dataset.theme || systemTheme();
  const describe = () => {
    label.textContent = current() === "dark" ? "Switch to light colours" : "Switch to dark colours";
    button.title = label.textContent;
  };
  button.addEventListener("click", () => {
    const next = current() === "dark" ? "light" : "dark";
    root.dataset.theme = next;
    remember(next);
    describe();
  });
  describe();
  button.hidden = false;
}

function menuItems(details) {
  return [...details.querySelectorAll('[role="menuitem"], .nav-menu-inner a, .nav-menu-inner button')];
}

function openMenus() {
  return [...document.querySelectorAll("details.details-menu[open]")];
}

function startMenu(details) {
  const summary = details.querySelector("summary");
  summary?.setAttribute("aria-expanded", String(details.open));
  details.addEventListener("toggle", () => {
    summary?.setAttribute("aria-expanded", String(details.open));
    if (details.open) menuItems(details)[0]?.focus();
  });
}

function moveInMenu(details, step) {
  const items = menuItems(details);
  const at = items.indexOf(document.activeElement);
  items[(at + step + items.length) % items.length]?.focus();
}

function onKey(event) {
  const [details] = openMenus();
  if (!details) return;
  if (event.key === "Escape") {
    details.open = false;
    details.querySelector("summary")?.focus();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    moveInMenu(details, event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Tab") {
    // A menu is left as a whole.
    setTimeout(() => {
      if (!details.contains(document.activeElement)) details.open = false;
    });
  }
}

for (const button of document.querySelectorAll("[data-theme-switch]")) startThemeSwitch(button);
for (const details of document.querySelectorAll("details.details-menu")) startMenu(details);
document.addEventListener("keydown", onKey);
document.addEventListener("click", (event) => {
  for (const details of openMenus()) {
    if (!details.contains(event.target)) details.open = false;
  }
});
