// <navigation-search url="…">: the jump menu. Opens with "/" or its button; asks the server; arrows, Enter, Escape.

const WAIT_MS = 120;

class NavigationSearch extends HTMLElement {
  connectedCallback() {
    if (this.dialog) return;
    this.#build();
    for (const opener of document.querySelectorAll("[data-navigation-search-open]")) {
      opener.hidden = false;
      opener.addEventListener("click", () => this.open());
    }
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      event.preventDefault();
      this.open();
    });
  }

  #build() {
    this.dialog = element("dialog", { className: "jump-dialog", ariaLabel: "Jump to" });
    this.input = element("input", {
      className: "search-input",
      type: "search",
      placeholder: "Jump to a table, view, query or database",
      autocomplete: "off",
      ariaLabel: "Jump to",
    });
    set(this.input, { role: "combobox", "aria-controls": "jump-results", "aria-expanded": "true", "aria-autocomplete": "list" });
    this.list = element("ul", { id: "jump-results", className: "jump-results" });
    set(this.list, { role: "listbox", "aria-label": "Results" });
    this.note = element("p", { className: "jump-empty", hidden: true });
    this.note.setAttribute("role", "status");
    this.sections = element("div", { className: "jump-sections results-container" });
    const field = element("div", { className: "jump-field" });
    field.append(this.input);
    const help = element("p", { className: "jump-help" });
    help.append(...["↑ ↓ to choose", "Enter to go", "Esc to close"].map((textContent) => element("span", { textContent })));
    this.dialog.append(field, this.list, this.note, this.sections, help);
    this.append(this.dialog);
    this.input.addEventListener("input", () => this.#later());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
  }

  /** Opens the menu, with the plugins' sections below the results. */
  open() {
    if (this.dialog.open) return;
    this.dialog.showModal();
    this.input.value = "";
    this.#sections();
    this.#search();
  }

  close() {
    this.dialog.close();
  }

  #sections() {
    this.sections.replaceChildren();
    const context = { navigationSearch: this, container: this.sections, input: this.input };
    for (const section of window.__DATASETTE__?.makeJumpSections(context) || []) {
      const node = element("div", { id: `jump-section-${section.id}` });
      this.sections.append(node);
      try {
        section.render(node, context);
      } catch (error) {
        console.error(`The jump section ${section.id} failed`, error);
      }
    }
  }

  #later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#search(), WAIT_MS);
  }

  async #search() {
    this.running?.abort();
    const running = (this.running = new AbortController());
    const address = new URL(this.getAttribute("url"), location.href);
    address.searchParams.set("q", this.input.value.trim());
    try {
      const response = await fetch(address, { signal: running.signal, headers: { Accept: "application/json" } });
      const answer = await response.json();
      if (running === this.running) this.#show(answer.matches || [], answer.truncated);
    } catch {
      // What became of an earlier search is of no interest, however it ended.
      if (running !== this.running) return;
      this.list.replaceChildren();
      this.#say("The server did not answer. Try again.");
    }
  }

  #show(matches, truncated) {
    this.list.replaceChildren(...matches.map((match, index) => option(match, index)));
    for (const item of this.list.children) {
      item.addEventListener("click", () => this.#go(item));
      item.addEventListener("mousemove", () => this.#choose(item));
    }
    this.#choose(this.list.firstElementChild);
    if (!matches.length) this.#say("Nothing here has that name.");
    else if (truncated) this.#say("There are more; type more of the name.");
    else this.note.hidden = true;
  }

  #say(text) {
    this.note.textContent = text;
    this.note.hidden = false;
  }

  #choose(item) {
    for (const other of this.list.children) other.setAttribute("aria-selected", String(other === item));
    if (!item) return this.input.removeAttribute("aria-activedescendant");
    this.input.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    const items = [...this.list.children];
    const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.#choose(items[(at + step + items.length) % items.length]);
    } else if (event.key === "Enter" && items[at]) {
      event.preventDefault();
      this.#go(items[at]);
    }
  }

  #go(item) {
    const detail = { url: item.dataset.url, name: item.dataset.name };
    const followed = this.dispatchEvent(new CustomEvent("select", { detail, cancelable: true, bubbles: true }));
    if (followed) location.href = item.dataset.url;
  }
}

function option(match, index) {
  const item = element("li", { id: `jump-${index}` });
  item.setAttribute("role", "option");
  item.dataset.url = match.url;
  item.dataset.name = match.name;
  const kind = element("span", { className: "jump-type" });
  kind.textContent = match.type || "";
  const name = element("span", {});
  name.textContent = match.display_name || match.name;
  item.append(kind, name);
  if (match.description) {
    const description = element("span", { className: "jump-description" });
    description.textContent = match.description;
    item.append(description);
  }
  return item;
}

function element(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}

function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
}

function isTyping(event) {
  const target = event.composedPath()[0];
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

if (!customElements.get("navigation-search")) customElements.define("navigation-search", NavigationSearch);
