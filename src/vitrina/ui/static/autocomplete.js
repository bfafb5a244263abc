// <datasette-autocomplete src="…"><input></datasette-autocomplete>: suggestions for a foreign key while typing.

const WAIT_MS = 150;

class DatasetteAutocomplete extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input");
    if (!this.input || this.list) return;
    this.list = document.createElement("ul");
    this.list.className = "suggestions";
    this.list.id = `suggestions-${Math.random().toString(36).slice(2)}`;
    this.list.setAttribute("role", "listbox");
    this.list.hidden = true;
    this.append(this.list);
    const attributes = { role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-controls": this.list.id };
    for (const [name, value] of Object.entries(attributes)) this.input.setAttribute(name, value);
    this.input.setAttribute("aria-expanded", "false");
    this.input.addEventListener("input", () => this.#later());
    this.input.addEventListener("focus", () => this.#later());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("blur", () => setTimeout(() => this.#hide(), WAIT_MS));
  }

  #later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#ask(), WAIT_MS);
  }

  async #ask() {
    const url = new URL(this.getAttribute("src"), location.href);
    const text = this.input.value.trim();
    if (text) url.searchParams.set("q", text);
    else url.searchParams.set("_initial", "1");
    const turn = (this.turn = (this.turn || 0) + 1);
    const response = await fetch(url, { headers: { Accept: "application/json" } });
    if (!response.ok) return this.#hide();
    const { rows = [] } = await response.json();
    // An older answer may come last, or when the field is left already.
    if (turn !== this.turn || document.activeElement !== this.input) return;
    this.input.removeAttribute("aria-activedescendant");
    this.list.replaceChildren(...rows.map((row, index) => this.#option(row, index)));
    this.list.hidden = !rows.length;
    this.input.setAttribute("aria-expanded", String(rows.length > 0));
  }

  #option(row, index) {
    const keys = Object.values(row.pks || {});
    const item = document.createElement("li");
    item.id = `${this.list.id}-${index}`;
    item.setAttribute("role", "option");
    item.textContent = row.label ? `${row.label} (${keys.join(", ")})` : keys.join(", ");
    item.addEventListener("mousedown", (event) => {
      event.preventDefault();
      this.#pick(row);
    });
    item.row = row;
    return item;
  }

  #pick(row) {
    const keys = Object.values(row.pks || {});
    this.input.value = keys.join(",");
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
    clearTimeout(this.timer);
    this.dispatchEvent(new CustomEvent("datasette-autocomplete-select", { detail: { row }, bubbles: true }));
    this.#hide();
  }

  #hide() {
    this.turn = (this.turn || 0) + 1;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
  }

  #key(event) {
    if (this.list.hidden) return;
    const items = [...this.list.children];
    const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const next = items[(at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length];
      for (const item of items) item.setAttribute("aria-selected", String(item === next));
      if (next) this.input.setAttribute("aria-activedescendant", next.id);
    } else if (event.key === "Enter" && items[at]) {
      event.preventDefault();
      this.#pick(items[at].row);
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.#hide();
    }
  }
}

if (!customElements.get("datasette-autocomplete")) customElements.define("datasette-autocomplete", DatasetteAutocomplete);
