// <datasette-modal>: a dialog, closed by Escape, a click beside it, or its buttons. Plugins make theirs with
// window.DatasetteModal.create(); those of these pages have a heading and are made from what stands in the element.

class DatasetteModal extends HTMLElement {
  #busy = false;
  #closing = false;

  /** An element that is on no page yet; what its dialog shows goes into `dialog`. */
  static create() {
    const modal = document.createElement("datasette-modal");
    modal.dialog = document.createElement("dialog");
    modal.append(modal.dialog);
    return modal;
  }

  connectedCallback() {
    if (!this.dialog) {
      this.dialog = document.createElement("dialog");
      this.dialog.append(this.#head(), this.#body());
      this.append(this.dialog);
    }
    if (this.dialog.classList.contains("datasette-modal")) return;
    this.dialog.classList.add("datasette-modal");
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog && isOutside(this.dialog, event)) this.requestClose("backdrop");
    });
    this.dialog.addEventListener("keydown", (event) => this.#pressed(event));
    this.dialog.addEventListener("cancel", (event) => {
      // A file input inside says "cancel" too.
      if (event.target !== this.dialog) return;
      event.preventDefault();
      this.requestClose("escape");
    });
    this.dialog.addEventListener("close", (event) => {
      if (event.target !== this.dialog) return;
      // Whoever closed the dialog itself, past this element, expects the same.
      if (!this.#closing) this.returnTo?.focus?.();
      this.#closing = false;
      this.busy = false;
      this.dispatchEvent(new CustomEvent("close"));
    });
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
    close.addEventListener("click", () => this.requestClose());
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

  #pressed(event) {
    // What is open inside, such as a list of suggestions, has closed itself and said so.
    if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
    event.preventDefault();
    this.requestClose("escape");
  }

  /** Whether people have to wait; true keeps the dialog open for everything but close(). */
  get busy() {
    return this.#busy;
  }

  set busy(value) {
    this.#busy = Boolean(value);
    if (this.#busy) this.dialog.setAttribute("aria-busy", "true");
    else this.dialog.removeAttribute("aria-busy");
  }

  /** Opens the dialog. `initialFocus` is an element, or a function that moves the focus itself. */
  show({ returnFocusTo = document.activeElement, initialFocus } = {}) {
    this.returnTo = returnFocusTo;
    if (!this.dialog.open) this.dialog.showModal();
    if (typeof initialFocus === "function") initialFocus();
    else initialFocus?.focus();
  }

  /** As show(), with another heading where one is given. */
  open(heading) {
    if (heading) this.heading.textContent = heading;
    this.show();
  }

  /** Closes the dialog, busy or not. */
  close({ restoreFocus = true } = {}) {
    if (!this.dialog.open) return;
    this.#closing = true;
    this.dialog.close();
    if (restoreFocus) this.returnTo?.focus?.();
  }

  /** Closes the dialog unless it is busy or `beforeClose(source)` returns false; says whether it did. */
  requestClose(source = "cancel") {
    if (!this.dialog.open || this.busy || this.beforeClose?.(source) === false) return false;
    this.close();
    return true;
  }
}

/** Whether a click was on the backdrop: the target is the dialog for its padding as well. */
function isOutside(dialog, { clientX, clientY }) {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  return clientX < left || clientX > right || clientY < top || clientY > bottom;
}

if (!customElements.get("datasette-modal")) customElements.define("datasette-modal", DatasetteModal);
window.DatasetteModal = customElements.get("datasette-modal");
