// The dialog that inserts many rows from cells of a spreadsheet: paste, look, put right, insert.

import { ask, element } from "./ask.js";
import { parseDelimited } from "./delimited.js";
import { withDeclaredTypes } from "./edit-row.js";
import { insertBatches } from "./insert-batches.js";
import { pasteGrid } from "./paste-grid.js";
import { hasHeads, mappingOf, missingColumns, problemsOf, rowValues } from "./pasted-rows.js";

const counted = (number) => `${number.toLocaleString()} ${number === 1 ? "row" : "rows"}`;

class Paste {
  constructor(ui) {
    this.ui = ui;
    this.columns = withDeclaredTypes(ui.bulkColumns);
    this.area = element("textarea", { id: "paste-text", rows: 5, spellcheck: false, placeholder: "Paste cells here: from a spreadsheet, or CSV" });
    this.heads = element("input", { type: "checkbox", id: "paste-heads" });
    this.headsLine = element("p", { hidden: true }, element("label", {}, this.heads, "The first row has the names of the columns"));
    this.upsert = element("input", { type: "checkbox", id: "paste-upsert" });
    this.upsertLine = element("p", { hidden: true }, element("label", {}, this.upsert, "Update rows whose key is there already"));
    this.summary = element("p", { className: "paste-summary", aria: { role: "status" } });
    this.preview = element("div");
    this.progress = element("progress", { hidden: true, aria: { label: "Rows inserted" } });
    this.all = [];
    this.refused = new Map();
    this.area.addEventListener("input", () => this.parse());
    this.area.addEventListener("paste", (event) => this.#onPaste(event));
    this.heads.addEventListener("change", () => this.split());
  }

  get root() {
    const label = element("label", { htmlFor: "paste-text", textContent: "Cells" });
    const help = element("p", { className: "edit-meta", textContent: "An empty cell becomes NULL, or empty text where the column takes no NULL." });
    return [element("div", { className: "edit-field" }, label, this.area, help), this.headsLine, this.upsertLine, this.summary, this.progress, this.preview];
  }

  // Browsers are slow at inserting thousands of lines into a field; a new value is set at once.
  #onPaste(event) {
    const text = event.clipboardData?.getData("text/plain");
    const all = this.area.selectionEnd - this.area.selectionStart === this.area.value.length;
    if (!text || !all) return;
    event.preventDefault();
    this.area.value = text;
    this.parse();
  }

  parse() {
    this.all = parseDelimited(this.area.value);
    this.heads.checked = hasHeads(this.all, this.columns);
    this.headsLine.hidden = !this.all.length;
    this.upsertLine.hidden = !this.ui.upsertPath || !this.all.length;
    this.split();
  }

  split() {
    const width = this.all.reduce((most, row) => Math.max(most, row.length), 0);
    this.rows = this.heads.checked ? this.all.slice(1) : this.all;
    this.mapping = mappingOf(width, this.columns, this.heads.checked ? this.all[0] : null);
    this.refused = new Map();
    this.draw();
  }

  check() {
    this.problems = problemsOf(this.rows, this.mapping, this.columns, this.ui.primaryKeys);
    this.missing = missingColumns(this.mapping, this.columns);
  }

  draw() {
    this.check();
    if (!this.rows.length) {
      this.preview.replaceChildren();
      this.summary.textContent = this.area.value.trim() ? "There are no rows below the names." : "";
      return;
    }
    const facts = [`${counted(this.rows.length)} to insert`];
    if (this.missing.length) facts.push(`no cells for ${this.missing.join(", ")}, which needs a value`);
    if (this.problems.size) facts.push(`${this.problems.size.toLocaleString()} ${this.problems.size === 1 ? "cell needs" : "cells need"} attention`);
    const left = this.mapping.filter((name) => name === null).length;
    if (left) facts.push(`${left} ${left === 1 ? "column" : "columns"} left out`);
    this.summary.textContent = `${facts.join("; ")}.`;
    const grid = pasteGrid({
      rows: this.rows,
      mapping: this.mapping,
      columns: this.columns,
      problems: this.problems,
      refused: this.refused,
      onMap: (index, name) => {
        this.mapping = this.mapping.map((old, at) => (at === index ? name : old === name ? null : old));
        this.draw();
        this.preview.querySelectorAll("thead select")[index]?.focus();
      },
      onEdit: (at, index, text) => {
        this.rows[at][index] = text;
        this.refused.delete(at);
        this.draw();
        this.preview.querySelector(".wrong input")?.focus();
      },
    });
    this.preview.replaceChildren(...grid);
  }

  /** Inserts everything; true where no row is left. */
  async insert(signal) {
    if (!this.rows?.length) throw new Error("Paste some cells first.");
    this.check();
    if (this.missing.length) throw new Error(`Choose a column for ${this.missing.join(", ")}: it needs a value.`);
    if (this.problems.size) {
      this.preview.querySelector(".wrong input")?.focus();
      throw new Error("Nothing was inserted. Put the marked cells right, or leave their column out.");
    }
    this.progress.hidden = false;
    this.progress.max = this.rows.length;
    const result = await this.#send(signal);
    this.progress.hidden = true;
    return this.#report(result);
  }

  async #send(signal) {
    const path = this.upsert.checked && this.ui.upsertPath ? this.ui.upsertPath : this.ui.path;
    const rows = this.rows.map((row, at) => ({ at, values: rowValues(row, this.mapping, this.columns) }));
    const progress = (done) => (this.progress.value = done);
    const maxBytes = window._vitrinaRows?.maxBodyBytes;
    try {
      return await insertBatches({ path, rows, most: this.ui.maxInsertRows, maxBytes, progress, signal });
    } catch (error) {
      this.progress.hidden = true;
      if (error.result) this.#keepRest(error.result);
      throw error;
    }
  }

  // What is inserted already leaves the grid, so that sending again sends the rest.
  #keepRest({ inserted, refused }) {
    const gone = new Set(inserted);
    const kept = this.rows.map((row, at) => [row, at]).filter(([, at]) => !gone.has(at));
    this.rows = kept.map(([row]) => row);
    this.refused = new Map(kept.map(([, at], index) => [index, refused.get(at)]).filter(([, message]) => message));
    this.changed ||= inserted.length > 0;
    this.draw();
  }

  #report(result) {
    const all = this.rows.length;
    this.changed ||= result.inserted.length > 0;
    if (result.inserted.length === all) return true;
    this.#keepRest(result);
    const words = [`${counted(result.inserted.length)} of ${all.toLocaleString()} inserted`];
    if (result.refused.size) words.push(`${counted(result.refused.size)} refused`);
    if (result.left) words.push(`${counted(result.left)} not tried`);
    throw new Error(`${words.join(", ")}. What is left stays below.`);
  }
}

/** Opens the dialog; `text` is what was pasted on the page already. */
export function pasteRows(data, text = "") {
  const paste = new Paste(data.insertRow);
  const stop = new AbortController();
  paste.area.value = text;
  const modal = ask({
    heading: `Insert rows into ${data.table}`,
    button: "Insert rows",
    wide: true,
    content: () => paste.root,
    action: () => paste.insert(stop.signal),
  });
  modal.addEventListener("close", () => {
    stop.abort();
    if (paste.changed) location.reload();
  });
  if (text) paste.parse();
}
