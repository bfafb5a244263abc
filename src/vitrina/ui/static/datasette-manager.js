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
  #shown = new Set();

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
    // Scripts that load late bring their panels with them.
    this.renderAboveTablePanel();
  }

  /** Results of one hook of all plugins; a plugin that throws is reported and left out. */
  #collect(hook, argument, plugins = this.plugins) {
    const results = [];
    for (const [name, plugin] of plugins) {
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

  /** Shows the panels that plugins put above the table, one tab each; those that are shown already stay. */
  renderAboveTablePanel() {
    const place = document.querySelector(selectors.aboveTablePanel);
    if (!place) return;
    const added = [...this.plugins].filter(([name]) => !this.#shown.has(name));
    for (const [name] of added) this.#shown.add(name);
    for (const [name, panels] of this.#collect("makeAboveTablePanelConfigs", undefined, added)) {
      for (const panel of panels || []) addPanel(place, name, panel);
    }
  }
}

/** Puts a panel, and its tab, behind those of `place`; one alone needs no tab. */
function addPanel(place, plugin, panel) {
  if (!place.firstChild) {
    const [tabs, contents] = [document.createElement("div"), document.createElement("div")];
    tabs.className = "tab-controls";
    tabs.setAttribute("role", "tablist");
    contents.className = "tab-contents";
    place.append(tabs, contents);
  }
  const [tabs, contents] = place.children;
  const node = panelOf(plugin, panel);
  const tab = document.createElement("button");
  tab.type = "button";
  tab.className = "button-quiet";
  tab.setAttribute("role", "tab");
  tab.textContent = panel.label;
  const show = () => {
    [...contents.children].forEach((each) => (each.hidden = each !== node));
    [...tabs.children].forEach((each) => each.setAttribute("aria-selected", String(each === tab)));
  };
  tab.addEventListener("click", show);
  tabs.append(tab);
  contents.append(node);
  tabs.hidden = tabs.children.length < 2;
  if (tabs.hidden) show();
  else {
    node.hidden = true;
    tab.setAttribute("aria-selected", "false");
  }
}

function panelOf(plugin, panel) {
  const node = document.createElement("div");
  node.id = `${plugin}_${panel.id}_panel-content`;
  try {
    panel.render(node);
  } catch (error) {
    console.error(`The panel ${panel.id} failed`, error);
  }
  return node;
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
