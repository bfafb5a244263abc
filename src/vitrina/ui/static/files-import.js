// <import-progress api-url="…" table-url="…" poll-interval="1000">: follows an import, cancels it, tells how it ended.

import { element, read, send } from "./ask.js";

const MOST_MISSES = 10;
const number = new Intl.NumberFormat();

class ImportProgress extends HTMLElement {
  connectedCallback() {
    if (this.bar) return;
    this.replaceChildren();
    this.bar = element("progress", { max: 1, value: 0, aria: { label: "Progress of the import" } });
    this.words = element("p", { className: "import-state" });
    this.status = element("p", { aria: { role: "status" } });
    this.stop = element("button", { type: "button", className: "button-quiet", textContent: "Cancel", hidden: true });
    this.stop.addEventListener("click", () => this.#cancel());
    this.append(this.bar, this.words, this.status, this.stop);
    this.#follow();
  }

  disconnectedCallback() {
    this.isLeft = true;
  }

  async #follow() {
    let misses = 0;
    while (!this.isLeft) {
      try {
        const job = await read(this.getAttribute("api-url"));
        misses = 0;
        this.#show(job);
        if (job.status === "finished" || job.status === "error") return;
      } catch (error) {
        misses += 1;
        this.words.textContent = `${error.message} It is asked again.`;
        if (misses > MOST_MISSES) {
          this.words.textContent = "The server does not answer. Load this page again later: the import may have ended.";
          return;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, Number(this.getAttribute("poll-interval")) || 1000));
    }
  }

  #show(job) {
    this.job = job;
    const ended = job.status === "finished" || job.status === "error";
    const share = job.total_size ? Math.min(1, job.bytes_read / job.total_size) : 0;
    const looking = !ended && !job.bytes_read;
    if (looking) this.bar.removeAttribute("value");
    else this.bar.value = job.status === "finished" ? 1 : share;
    this.stop.hidden = ended || !job.cancel_url;
    const rows = `${number.format(job.row_count)} ${job.row_count === 1 ? "row" : "rows"}`;
    if (!ended) {
      const begun = looking ? "Looking through the file" : `${rows}, ${Math.floor(100 * share)} %`;
      this.words.textContent = job.status === "pending" ? "Waiting to begin" : begun;
      return;
    }
    for (const note of document.querySelectorAll("[data-while-importing]")) note.hidden = true;
    this.bar.hidden = job.status === "error";
    this.words.textContent = "";
    const refused = job.rejected ? `, ${number.format(job.rejected)} refused` : "";
    if (job.status === "finished") this.status.replaceChildren(`Imported: ${rows}${refused}. `, element("a", { href: job.table_url, textContent: `Open ${job.table_name}` }));
    else this.status.replaceChildren(`${job.error.replace(/\.$/, "")}. `, "Nothing was written.");
    this.status.classList.toggle("message-error", job.status === "error" && !/cancel/.test(job.error));
    if (job.rejected && job.rejected_url) this.status.append(" ", element("a", { href: job.rejected_url, textContent: "The refused rows", download: "" }));
    this.dispatchEvent(new CustomEvent("import-ended", { bubbles: true, detail: job }));
  }

  async #cancel() {
    this.stop.disabled = true;
    this.stop.textContent = "Cancelling…";
    try {
      await send(this.job.cancel_url, {});
    } catch (error) {
      this.status.textContent = error.message;
      this.stop.disabled = false;
      this.stop.textContent = "Cancel";
    }
  }
}

if (!customElements.get("import-progress")) customElements.define("import-progress", ImportProgress);
