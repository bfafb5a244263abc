// Runs before the page is painted: the remembered colours, and the page's data under its documented global names.
(() => {
  try {
    const theme = localStorage.getItem("vitrina-theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage may be forbidden: the system's colours are used.
  }

  const names = [
    "datasetteVersion",
    "DATASETTE_ALLOW_FACET",
    "_datasetteTableData",
    "_datasetteDatabaseData",
    "_columnChooserData",
    "_setColumnTypeData",
    "_vitrinaSchema",
    "_vitrinaRows",
  ];

  // Each name reads its <script type="application/json"> when first asked for; a page may still assign it.
  for (const name of names) {
    Object.defineProperty(window, name, {
      configurable: true,
      enumerable: true,
      get() {
        const node = document.querySelector(`script.page-data[data-name="${name}"]`);
        if (!node) return undefined;
        const value = JSON.parse(node.textContent);
        Object.defineProperty(window, name, { value, writable: true, configurable: true, enumerable: true });
        return value;
      },
      set(value) {
        Object.defineProperty(window, name, { value, writable: true, configurable: true, enumerable: true });
      },
    });
  }

  document.documentElement.classList.add("has-script");
})();
