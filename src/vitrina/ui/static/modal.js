// <datasette-modal>: a dialog with a heading, closed by its button, Escape, or a click beside it.

class DatasetteModal extends HTMLElement {
  connectedCallback() {
    if (this.dialog) return;
    this.dialog = document.createElement("dialog");
    this.dialog.append(this.#head(), this.#body());
    this.append(this.dialog);
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.close();
    });
    this.dialog.addEventListener("close", () => this.dispatchEvent(new CustomEvent("close")));
  }

  #head() {
    const head = document.createElement("div");
    head.className = "dialog-head";
    this.heading = document.createElement("h2");
    this.heading.id = `modal-${Math.random().toString(36).slice(2)}`;
    this.heading.textContent = this.getAttribute("heading") || "";
    const close = document.createElement("button");
    close.type = "button";
    close.className = "icon-button";
    close.setAttribute("aria-label", "Close");
    close.textContent = "✕";
    close.addEventListener("click", () => this.close());
    head.append(this.heading, close);
    this.dialog.setAttribute("aria-labelledby", this.heading.id);
    return head;
  }

  #body() {
    this.body = document.createElement("div");
    this.body.className = "dialog-body";
    this.body.append(...this.childNodes);
    return this.body;
  }

  /** Opens the dialog; `heading` replaces the one given as an attribute. */
  open(heading) {
    if (heading) this.heading.textContent = heading;
    this.returnTo = document.activeElement;
    this.dialog.showModal();
  }

  close() {
    this.dialog.close();
    this.returnTo?.focus?.();
  }
}

if (!customElements.get("datasette-modal")) customElements.define("datasette-modal", DatasetteModal);
