// The manager that plugins' scripts talk to: window.__DATASETTE__, announced by the event datasette_init.

const selectors = {
  jsonExportLink: ".export-links a[href*=json]",
  tableWrapper: ".table-wrapper",
  table: "table.rows-and-columns",
  aboveTablePanel: ".above-table-panel",
  tableHeaders: "table.rows-and-columns th",
  filterRows: ".filter-row",
  facetResults: ".facet-results [data-column]",
};

class Manager {
  constructor(version) {
    this.VERSION = version;
    this.plugins = new Map();
    this.selectors = selectors;
  }

  /** Adds a plugin under its name; an implementation has `version` and any of the hooks. */
  registerPlugin(name, implementation) {
    if (this.plugins.has(name)) {
      console.warn(`A plugin is already registered as ${name}`);
      return;
    }
    this.plugins.set(name, implementation);
  }

  /** Results of one hook of all plugins; a plugin that throws is reported and left out. */
  #collect(hook, argument) {
    const results = [];
    for (const [name, plugin] of this.plugins) {
      if (typeof plugin[hook] !== "function") continue;
      try {
        results.push([name, plugin[hook](argument)]);
      } catch (error) {
        console.error(`The plugin ${name} failed in ${hook}`, error);
      }
    }
    return results;
  }

  /** Items for a column's menu: {label, onClick} or {label, href}. */
  makeColumnActions(columnMeta) {
    return this.#collect("makeColumnActions", columnMeta).flatMap(([, items]) => items || []);
  }

  /** Sections of the jump menu: {id, render(node, context)}. */
  makeJumpSections(context) {
    return this.#collect("makeJumpSections", context).flatMap(([, items]) => items || []);
  }

  /** A plugin's own field for a column in a form, or undefined; the first answer wins. */
  makeColumnField(context) {
    return this.#collect("makeColumnField", context).find(([, field]) => field)?.[1];
  }

  /** Shows the panels that plugins put above the table, one tab each. */
  renderAboveTablePanel() {
    const place = document.querySelector(selectors.aboveTablePanel);
    if (!place) return;
    const panels = this.#collect("makeAboveTablePanelConfigs").flatMap(([, items]) => items || []);
    if (!panels.length) return;
    place.replaceChildren(panels.length > 1 ? tabsOf(panels) : panelOf(panels[0]));
  }
}

function panelOf(panel) {
  const node = document.createElement("div");
  node.id = `above-table-panel-${panel.id}`;
  try {
    panel.render(node);
  } catch (error) {
    console.error(`The panel ${panel.id} failed`, error);
  }
  return node;
}

function tabsOf(panels) {
  const box = document.createElement("div");
  const bar = document.createElement("div");
  bar.setAttribute("role", "tablist");
  const nodes = panels.map(panelOf);
  panels.forEach((panel, index) => {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.className = "button-quiet";
    tab.setAttribute("role", "tab");
    tab.textContent = panel.label;
    tab.addEventListener("click", () => show(index));
    bar.append(tab);
  });
  const show = (chosen) => {
    nodes.forEach((node, index) => (node.hidden = index !== chosen));
    [...bar.children].forEach((tab, index) => tab.setAttribute("aria-selected", String(index === chosen)));
  };
  box.append(bar, ...nodes);
  show(0);
  return box;
}

const manager = new Manager(window.datasetteVersion);
window.__DATASETTE__ = manager;

function announce() {
  document.dispatchEvent(new CustomEvent("datasette_init", { detail: manager }));
  manager.renderAboveTablePanel();
}

// Modules run before DOMContentLoaded, so every deferred script has registered its listener by then.
if (document.readyState === "complete") announce();
else document.addEventListener("DOMContentLoaded", announce, { once: true });
