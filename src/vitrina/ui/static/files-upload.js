// <datasette-file-upload source="slug">: many files by drop, paste or choice; some at once, each with its progress.
// Works on the form inside it, which uploads without scripts too. The page is loaded anew once all are there, unless it
// has the attribute stay. Further attributes: max-bytes of one file; single, for one file only; direct, where the page
// may send files straight to an object store. Tells of each file by the event "file-uploaded" (detail: file) and of the end by
// "uploaded" (detail: files).

import { element } from "./ask.js";
import { inWords } from "./blob-field.js";
import { droppedFiles } from "./files-dropped.js";
import { uploadLine } from "./files-line.js";
import { isSame, UploadMemory } from "./files-memory.js";
import { loadStyles, rootUrl } from "./files-place.js";
import { Transfer } from "./files-transfer.js";

const AT_ONCE = 3;

class FileUpload extends HTMLElement {
  connectedCallback() {
    if (this.list) return;
    loadStyles();
    this.transfers = [];
    this.source = this.getAttribute("source");
    this.base = `${rootUrl()}/upload/${encodeURIComponent(this.source)}/-/`;
    this.maxBytes = Number(this.getAttribute("max-bytes")) || Infinity;
    this.memory = new UploadMemory(this.source);
    this.#build();
    this.#listen();
    this.#offerToResume();
  }

  disconnectedCallback() {
    this.ends?.abort();
    for (const transfer of this.transfers) transfer.pause();
  }

  // The page

  #build() {
    this.form = this.querySelector("form");
    this.input = this.form?.querySelector("input[type=file]") || element("input", { type: "file", multiple: !this.hasAttribute("single") });
    if (this.form) this.form.hidden = true;
    this.picker = element("input", { type: "file", multiple: this.input.multiple, accept: this.input.accept, className: "visually-hidden", tabIndex: -1, aria: { hidden: "true" } });
    this.button = element("button", { type: "button", className: "button-quiet", textContent: this.input.multiple ? "Choose files…" : "Choose a file…" });
    const limit = Number.isFinite(this.maxBytes) ? ` Up to ${inWords(this.maxBytes)} each.` : "";
    const hint = element("span", { className: "drop-hint", textContent: `or drop them here.${limit}` });
    this.zone = element("div", { className: "drop-zone" }, this.button, this.picker, hint);
    this.list = element("ul", { className: "upload-list", aria: { label: "Uploads" } });
    this.total = element("p", { className: "upload-total", hidden: true });
    this.status = element("p", { className: "visually-hidden", aria: { role: "status" } });
    this.all = element("button", { type: "button", className: "button-quiet", textContent: "Pause all", hidden: true });
    this.append(this.zone, element("div", { className: "upload-head" }, this.total, this.all), this.list, this.status);
  }

  #listen() {
    this.ends = new AbortController();
    const { signal } = this.ends;
    this.button.addEventListener("click", () => this.picker.click());
    this.picker.addEventListener("change", () => {
      this.add([...this.picker.files]);
      this.picker.value = "";
    });
    this.all.addEventListener("click", () => this.#pauseOrResumeAll());
    const within = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
    // A file that is dropped beside the zone must not take the page away.
    for (const kind of ["dragover", "drop"]) {
      document.addEventListener(kind, (event) => within(event) && event.preventDefault(), { signal });
    }
    document.addEventListener("dragenter", (event) => within(event) && this.zone.classList.add("is-wanted"), { signal });
    document.addEventListener("dragleave", (event) => !event.relatedTarget && this.zone.classList.remove("is-wanted"), { signal });
    document.addEventListener("drop", () => this.zone.classList.remove("is-wanted"), { signal });
    this.addEventListener("drop", async (event) => {
      if (within(event)) this.add(await droppedFiles(event.dataTransfer));
    });
    document.addEventListener(
      "paste",
      (event) => {
        const files = [...(event.clipboardData?.files || [])];
        if (files.length && !event.target.closest?.("input, textarea, dialog:not(:has(datasette-file-upload))")) this.add(files);
      },
      { signal },
    );
  }

  #say(text) {
    this.status.textContent = text;
  }

  // The queue

  /** Adds File objects, and begins where there is room. */
  add(files) {
    const known = this.memory.all();
    for (const file of files) {
      const entry = known.find((each) => isSame(each, file) && !this.transfers.some((other) => other.told?.upload_token === each.told.upload_token));
      const transfer = new Transfer(file, this.base, { told: entry?.told, direct: this.hasAttribute("direct") });
      this.transfers.push(transfer);
      this.#follow(transfer);
      this.querySelector(`[data-token="${entry?.told.upload_token}"]`)?.remove();
    }
    if (files.length) this.#say(files.length === 1 ? `${files[0].name} is being uploaded.` : `${files.length} files are being uploaded.`);
    this.#fill();
  }

  #follow(transfer) {
    const start = (each) => {
      each.queue();
      this.#fill();
    };
    const removed = (each) => {
      if (line.hadFocus) this.button.focus();
      line.remove();
      this.transfers = this.transfers.filter((other) => other !== each);
      this.#summarize();
    };
    const line = uploadLine(transfer, start);
    this.list.append(line);
    transfer.addEventListener("begun", () => transfer.told.part_url && this.memory.add(transfer.file, transfer.told));
    let token = null;
    let state = transfer.state;
    transfer.addEventListener("change", () => {
      const changed = state !== transfer.state;
      ({ state } = transfer);
      token = transfer.told?.upload_token || token;
      if (changed) this.#changed(transfer, token);
      if (state === "cancelled") removed(transfer);
    });
    if (transfer.file.size > this.maxBytes) transfer.refuse(`The file has ${inWords(transfer.file.size)}; at most ${inWords(this.maxBytes)} are allowed here.`, "Choose a smaller one.");
  }

  #changed(transfer, token) {
    const { state, file } = transfer;
    if (token && (state === "done" || state === "cancelled" || (state === "failed" && !transfer.told))) this.memory.remove(token);
    if (state === "failed") this.#say(`${file.name} was not uploaded. ${transfer.message} ${transfer.advice}`);
    else if (state === "waiting") this.#say(`${file.name}: ${transfer.message} It is tried again by itself.`);
    else if (state === "paused") this.#say(`${file.name} is paused.`);
    else if (state === "cancelled") this.#say(`${file.name} was cancelled.`);
    if (state === "done") this.dispatchEvent(new CustomEvent("file-uploaded", { bubbles: true, detail: { file: transfer.result } }));
    this.#fill();
    this.#summarize();
    if (state === "done" || state === "failed" || state === "cancelled") this.#ended(state);
  }

  #fill() {
    const active = this.transfers.filter((transfer) => transfer.isActive).length;
    const queued = this.transfers.filter((transfer) => transfer.state === "queued");
    for (const transfer of queued.slice(0, Math.max(0, AT_ONCE - active))) transfer.start();
  }

  #ended(state) {
    const left = this.transfers.filter((transfer) => !["done", "cancelled"].includes(transfer.state));
    const done = this.transfers.filter((transfer) => transfer.state === "done");
    if (left.length || !done.length || state !== "done") return;
    this.#say(done.length === 1 ? `${done[0].result.filename} is uploaded.` : `All ${done.length} files are uploaded.`);
    const event = new CustomEvent("uploaded", { bubbles: true, cancelable: true, detail: { files: done.map((transfer) => transfer.result) } });
    if (this.dispatchEvent(event) && !this.hasAttribute("stay") && !this.memory.all().length) location.reload();
  }

  #summarize() {
    const counted = this.transfers.filter((transfer) => transfer.state !== "cancelled");
    const done = counted.filter((transfer) => transfer.state === "done").length;
    const failed = counted.filter((transfer) => transfer.state === "failed").length;
    this.total.hidden = counted.length < 2;
    this.total.textContent = `${done} of ${counted.length} files uploaded${failed ? `, ${failed} not` : ""}`;
    const running = counted.some((transfer) => transfer.isActive || transfer.state === "queued");
    this.all.textContent = running ? "Pause all" : "Resume all";
    this.all.hidden = counted.length < 2 || !counted.some((transfer) => !["done", "failed"].includes(transfer.state));
  }

  #pauseOrResumeAll() {
    const pausing = this.all.textContent === "Pause all";
    for (const transfer of this.transfers) {
      if (pausing && transfer.state === "queued") transfer.pause();
    }
    for (const transfer of this.transfers) {
      if (pausing) transfer.pause();
      else if (transfer.state === "paused") transfer.queue();
    }
    this.#fill();
    this.#summarize();
  }

  // What an earlier visit left unfinished

  async #offerToResume() {
    for (const entry of this.memory.all()) {
      const answer = await fetch(entry.told.part_url, { headers: { Accept: "application/json" } }).catch(() => null);
      if (!this.isConnected) return;
      if (!answer || answer.status >= 500) continue;
      if (!answer.ok) {
        this.memory.remove(entry.told.upload_token);
        continue;
      }
      const { offset } = await answer.json();
      if (!this.transfers.some((transfer) => transfer.told?.upload_token === entry.told.upload_token)) this.#offer(entry, offset);
    }
  }

  #offer(entry, offset) {
    const share = entry.size ? Math.floor((100 * offset) / entry.size) : 0;
    const again = element("button", { type: "button", textContent: "Choose it again", aria: { label: `Choose ${entry.name} again` } });
    const discard = element("button", { type: "button", textContent: "Discard", aria: { label: `Discard ${entry.name}` } });
    const words = `${share} % of ${inWords(entry.size)} are on the server. Choose the same file again to upload the rest.`;
    const line = element(
      "li",
      { className: "upload-line", data: { state: "left", token: entry.told.upload_token } },
      element("span", { className: "upload-name", textContent: entry.name }),
      element("span", { className: "upload-state", textContent: "Unfinished" }),
      element("p", { className: "upload-advice", textContent: words }),
      element("span", { className: "upload-buttons" }, again, discard),
    );
    again.addEventListener("click", () => this.picker.click());
    discard.addEventListener("click", async () => {
      await fetch(entry.told.part_url, { method: "DELETE" }).catch(() => null);
      this.memory.remove(entry.told.upload_token);
      line.remove();
      this.button.focus();
      this.#say(`${entry.name} was discarded.`);
    });
    this.list.append(line);
  }
}

if (!customElements.get("datasette-file-upload")) customElements.define("datasette-file-upload", FileUpload);
