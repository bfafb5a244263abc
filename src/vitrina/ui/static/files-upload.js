// <datasette-file-upload source="slug" base-url="/">: many files one after another, each with its progress.
// Works on the form inside it, which uploads without scripts too.

class FileUpload extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector("form");
    const input = form?.querySelector("input[type=file]");
    if (!input) return;
    this.list = document.createElement("ul");
    this.list.className = "upload-list";
    form.after(this.list);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.sendAll([...input.files]);
    });
    for (const kind of ["dragover", "drop"]) {
      this.addEventListener(kind, (event) => {
        event.preventDefault();
        if (kind === "drop") this.sendAll([...event.dataTransfer.files]);
      });
    }
  }

  path(rest) {
    const base = this.getAttribute("base-url") || "/";
    return `${base}-/files/upload/${encodeURIComponent(this.getAttribute("source"))}/-/${rest}`;
  }

  async sendAll(files) {
    let failures = 0;
    for (const file of files) {
      if (!(await this.sendOne(file))) failures += 1;
    }
    if (files.length && !failures) {
      this.dispatchEvent(new CustomEvent("uploaded", { bubbles: true }));
    }
  }

  line(file) {
    const item = document.createElement("li");
    const name = document.createElement("span");
    name.textContent = `${file.name} `;
    const bar = document.createElement("progress");
    bar.max = Math.max(1, file.size);
    bar.value = 0;
    const state = document.createElement("span");
    state.setAttribute("role", "status");
    item.append(name, bar, state);
    this.list.append(item);
    return { item, bar, state };
  }

  async sendOne(file, line = this.line(file)) {
    line.state.textContent = "";
    try {
      const told = await this.json("prepare", {
        filename: file.name,
        content_type: file.type || "application/octet-stream",
        size: file.size,
      });
      await this.transfer(told, file, line.bar);
      const done = await this.json("complete", { upload_token: told.upload_token });
      const link = document.createElement("a");
      link.href = done.file.url;
      link.textContent = " Done";
      line.state.replaceChildren(link);
      return true;
    } catch (error) {
      const again = document.createElement("button");
      again.type = "button";
      again.textContent = "Try again";
      again.addEventListener("click", () => this.sendOne(file, line), { once: true });
      line.state.replaceChildren(` ${error.message} `, again);
      return false;
    }
  }

  async json(step, body) {
    const answer = await fetch(this.path(step), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const data = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error((data.errors || [`Status ${answer.status}`]).join("; "));
    return data;
  }

  transfer(told, file, bar) {
    return new Promise((resolve, reject) => {
      const form = new FormData();
      for (const [name, value] of Object.entries(told.upload_fields)) form.append(name, value);
      form.append("file", file);
      const request = new XMLHttpRequest();
      request.open(told.upload_method, told.upload_url);
      for (const [name, value] of Object.entries(told.upload_headers)) request.setRequestHeader(name, value);
      request.upload.addEventListener("progress", (event) => {
        bar.max = event.total;
        bar.value = event.loaded;
      });
      request.addEventListener("load", () => {
        if (request.status < 300) resolve();
        else reject(new Error(`The upload was refused with status ${request.status}.`));
      });
      request.addEventListener("error", () => reject(new Error("The connection broke off.")));
      request.send(form);
    });
  }
}

customElements.define("datasette-file-upload", FileUpload);
