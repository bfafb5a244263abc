// <datasette-file-picker column="…" current-file-id="…" mode="inline">: find a file or upload one.
// Event "file-selected" with detail.fileId: an id, "" for none, null for no change; `result` is a promise of it.

import { element } from "./ask.js";
import { inWords } from "./blob-field.js";
import { loadStyles, rootUrl } from "./files-place.js";

const WAIT_MS = 300;
let counter = 0;

class FilePicker extends HTMLElement {
  constructor() {
    super();
    this.result = new Promise((resolve) => (this.settle = resolve));
  }

  connectedCallback() {
    if (this.input) return;
    loadStyles();
    const id = `file-picker-${++counter}`;
    const column = this.getAttribute("column");
    const label = column ? `Find a file for ${column}` : "Find a file";
    this.list = element("ul", { className: "picker-list", id, aria: { role: "listbox", label: "Files" } });
    this.input = element("input", { type: "search", placeholder: "Name or words of a file", autocomplete: "off" });
    const attributes = { role: "combobox", "aria-label": label, "aria-autocomplete": "list", "aria-controls": id, "aria-expanded": "true" };
    for (const [name, value] of Object.entries(attributes)) this.input.setAttribute(name, value);
    this.status = element("p", { className: "picker-status", aria: { role: "status" } });
    this.uploads = element("div", { className: "picker-uploads" });
    const cancel = element("button", { type: "button", textContent: "Close", aria: { label: "Close without choosing" } });
    cancel.addEventListener("click", () => this.#choose(null));
    this.append(element("div", { className: "picker-head" }, this.input, cancel), this.list, this.status, this.uploads);
    this.input.addEventListener("input", () => this.#later());
    this.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("file-uploaded", (event) => this.#choose(event.detail.file.id));
    this.#find();
    this.#offerUpload();
  }

  focus() {
    this.input?.focus();
  }

  #later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#find(), WAIT_MS);
  }

  async #find() {
    const turn = (this.turn = (this.turn || 0) + 1);
    const url = `${rootUrl()}/search.json?q=${encodeURIComponent(this.input.value.trim())}`;
    const answer = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
    if (turn !== this.turn) return;
    if (!answer?.ok) {
      this.status.textContent = "The files cannot be listed now.";
      return;
    }
    const { files, total } = await answer.json();
    this.list.replaceChildren(...files.map((file, index) => this.#option(file, index)));
    this.list.hidden = !files.length;
    this.input.removeAttribute("aria-activedescendant");
    if (!files.length) this.status.textContent = this.input.value.trim() ? "No file matches." : "There are no files yet.";
    else if (total > files.length) this.status.textContent = `${files.length} of ${total.toLocaleString()} files. Type to find others.`;
    else this.status.textContent = `${total} ${total === 1 ? "file" : "files"}.`;
  }

  #option(file, index) {
    const picture = element("img", { src: `${rootUrl()}/${file.id}/thumbnail`, alt: "", loading: "lazy" });
    const words = element("span", { className: "file-cell-words" }, element("span", { className: "file-cell-name", textContent: file.filename }), element("small", { textContent: [file.size === null ? "" : inWords(file.size), file.source_slug].filter(Boolean).join(" · ") }));
    const current = file.id === this.getAttribute("current-file-id");
    const item = element("li", { id: `${this.list.id}-${index}`, data: { fileId: file.id }, aria: { role: "option", selected: String(current) } }, picture, words);
    item.addEventListener("mousedown", (event) => event.preventDefault());
    item.addEventListener("click", () => this.#choose(file.id));
    return item;
  }

  #key(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.#choose(null);
    }
    if (event.target !== this.input) return;
    const items = [...this.list.children];
    const at = items.findIndex((item) => item.id === this.input.getAttribute("aria-activedescendant"));
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && items.length) {
      event.preventDefault();
      const next = items[(Math.max(at, step > 0 ? -1 : 0) + step + items.length) % items.length];
      for (const item of items) item.classList.toggle("is-active", item === next);
      this.input.setAttribute("aria-activedescendant", next.id);
      next.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") {
      // Never the form around it.
      event.preventDefault();
      event.stopPropagation();
      if (items[at]) this.#choose(items[at].dataset.fileId);
    }
  }

  async #offerUpload() {
    const answer = await fetch(`${rootUrl()}/upload-sources.json`, { headers: { Accept: "application/json" } }).catch(() => null);
    const { sources } = answer?.ok ? await answer.json() : { sources: [] };
    if (!sources.length || !this.isConnected) return;
    await import("./files-upload.js");
    const show = (source) => {
      const upload = element("datasette-file-upload");
      for (const [name, value] of Object.entries({ source: source.slug, "max-bytes": source.max_file_size, single: "", stay: "" })) upload.setAttribute(name, value);
      place.replaceChildren(upload);
    };
    const place = element("div");
    const heading = element("p", { className: "picker-heading", textContent: "Or upload one" });
    if (sources.length > 1) {
      const select = element("select", { aria: { label: "Where to upload to" } });
      select.append(...sources.map(({ slug }) => element("option", { value: slug, textContent: slug })));
      select.addEventListener("change", () => show(sources.find(({ slug }) => slug === select.value)));
      heading.append(" to ", select);
    } else heading.textContent = `Or upload one to ${sources[0].slug}`;
    show(sources[0]);
    this.uploads.replaceChildren(heading, place);
  }

  #choose(fileId) {
    this.settle(fileId);
    this.dispatchEvent(new CustomEvent("file-selected", { bubbles: true, detail: { fileId } }));
  }
}

if (!customElements.get("datasette-file-picker")) customElements.define("datasette-file-picker", FilePicker);

/** Shows a picker in a dialog; a promise of the id, "" for none, null for no change. */
export function openFilePicker({ column = "", currentFileId = "" } = {}) {
  const modal = element("datasette-modal");
  modal.setAttribute("heading", column ? `File for ${column}` : "Choose a file");
  const picker = element("datasette-file-picker");
  picker.setAttribute("column", column);
  picker.setAttribute("current-file-id", currentFileId);
  const box = element("div", { className: "core" }, picker);
  if (currentFileId) {
    const none = element("button", { type: "button", textContent: "Remove the file" });
    none.addEventListener("click", () => {
      picker.settle("");
      modal.close();
    });
    box.append(element("div", { className: "dialog-foot" }, none));
  }
  modal.append(box);
  document.body.append(modal);
  picker.addEventListener("file-selected", () => modal.close());
  modal.addEventListener("close", () => {
    picker.settle(null);
    modal.remove();
  });
  modal.open();
  picker.focus();
  return picker.result;
}
