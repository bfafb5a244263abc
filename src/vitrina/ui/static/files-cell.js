// <datasette-file file-id="…">: a cell that names a file shows its picture, name and size; one request for a page.

import { element } from "./ask.js";
import { inWords } from "./blob-field.js";
import { loadStyles, rootUrl } from "./files-place.js";

const GATHER_MS = 50;
const AT_ONCE = 100;
const known = new Map();
let waiting = new Map();
let timer = null;

/** What is known of a file: an object as batch.json has it, or null where there is none to be seen. */
export function fileData(id) {
  if (!known.has(id)) {
    known.set(
      id,
      new Promise((resolve) => {
        waiting.set(id, resolve);
        timer ??= setTimeout(ask, GATHER_MS);
      }),
    );
  }
  return known.get(id);
}

async function ask() {
  const asked = [...waiting];
  timer = null;
  waiting = new Map();
  for (let at = 0; at < asked.length; at += AT_ONCE) {
    const part = asked.slice(at, at + AT_ONCE);
    const query = part.map(([id]) => `id=${encodeURIComponent(id)}`).join("&");
    const answer = await fetch(`${rootUrl()}/batch.json?${query}`, { headers: { Accept: "application/json" } }).catch(() => null);
    const { files } = answer?.ok ? await answer.json() : { files: {} };
    for (const [id, resolve] of part) resolve(files[id] || null);
  }
}

/** Picture, name and size, as a link to the file's page. */
export function fileLink(file) {
  const picture = element("img", { src: file.thumbnail_url, alt: "", loading: "lazy" });
  const size = file.size === null ? "" : inWords(file.size);
  const words = element("span", { className: "file-cell-words" }, element("span", { className: "file-cell-name", textContent: file.filename }), element("small", { textContent: size }));
  return element("a", { href: file.info_url, className: "file-cell", title: file.filename }, picture, words);
}

class FileCell extends HTMLElement {
  async connectedCallback() {
    if (this.begun) return;
    this.begun = true;
    const file = await fileData(this.getAttribute("file-id"));
    if (!file) {
      this.title = "This file is not there, or you may not see it.";
      this.classList.add("is-missing");
      return;
    }
    const parts = [fileLink(file)];
    // The page of a row has room for more.
    if (this.closest(".record")) {
      this.classList.add("is-large");
      parts.push(element("a", { href: file.download_url, className: "file-cell-download", textContent: "Download", download: "", aria: { label: `Download ${file.filename}` } }));
    }
    this.replaceChildren(...parts);
  }
}

loadStyles();
if (!customElements.get("datasette-file")) customElements.define("datasette-file", FileCell);
