// <column-chooser>: which columns the page shows, as a dialog with one box for each.

class ColumnChooser extends HTMLElement {
  connectedCallback() {
    const data = window._columnChooserData;
    if (!data || data.allColumns.length < 2) return;
    const place = document.querySelector("[data-grid-tools]");
    if (!place) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button-as-link";
    button.setAttribute("aria-haspopup", "dialog");
    button.textContent = "Columns";
    button.addEventListener("click", () => this.open());
    place.append(button);
    window.openColumnChooser = () => this.open();
  }

  /** Shows the dialog. */
  open() {
    if (!this.modal) this.#build(window._columnChooserData);
    this.modal.open();
  }

  #build(data) {
    const form = document.createElement("form");
    form.className = "core";
    const list = document.createElement("ul");
    list.className = "column-choices";
    const shown = new Set(data.selectedColumns);
    const keys = new Set(data.primaryKeys);
    for (const name of data.allColumns) list.append(choice(name, shown.has(name), keys.has(name)));
    const foot = document.createElement("div");
    foot.className = "dialog-foot";
    const all = Object.assign(document.createElement("button"), { type: "button", textContent: "All columns" });
    all.addEventListener("click", () => form.querySelectorAll("input").forEach((box) => (box.checked = true)));
    const apply = Object.assign(document.createElement("button"), { type: "submit", textContent: "Show" });
    foot.append(all, apply);
    form.append(list, foot);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#apply(form, data);
    });
    this.modal = document.createElement("datasette-modal");
    this.modal.setAttribute("heading", "Columns");
    this.modal.append(form);
    this.append(this.modal);
  }

  #apply(form, data) {
    const chosen = [...form.querySelectorAll("input:checked:not(:disabled)")].map((box) => box.value);
    const others = data.allColumns.filter((name) => !data.primaryKeys.includes(name));
    const url = new URL(location.href);
    url.searchParams.delete("_col");
    url.searchParams.delete("_nocol");
    const hidden = others.filter((name) => !chosen.includes(name));
    // The shorter list makes the shorter address.
    if (hidden.length && hidden.length <= chosen.length) hidden.forEach((name) => url.searchParams.append("_nocol", name));
    else if (hidden.length) chosen.forEach((name) => url.searchParams.append("_col", name));
    location.href = url.href;
  }
}

function choice(name, shown, isKey) {
  const line = document.createElement("li");
  const label = document.createElement("label");
  const box = Object.assign(document.createElement("input"), { type: "checkbox", value: name, checked: shown, disabled: isKey });
  label.append(box, name);
  line.append(label);
  return line;
}

if (!customElements.get("column-chooser")) customElements.define("column-chooser", ColumnChooser);
