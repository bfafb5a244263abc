// The upload of one file in pieces: progress, pause, resume, retry. Knows nothing of the page.

const MOST_MISSES = 8;
const LONGEST_WAIT_S = 30;
// A connection of which nobody noticed that it is dead: after this long without a byte sent.
const STALLED_MS = 60000;
const ADVICE = {
  401: "Sign in again, then try again.",
  403: "You may not upload here, or not any more. Sign in again, or ask whoever runs this site.",
  404: "Begin again with “Try again”.",
  413: "Choose a smaller file, or ask whoever runs this site for more room.",
  507: "Ask whoever runs this site for more room.",
};

/** What went wrong; `passing` where trying again may help. */
class Problem extends Error {
  constructor(message, { passing = false, status = 0, answer = {} } = {}) {
    super(message);
    Object.assign(this, { passing, status, answer });
  }
}

/** One request with the progress of its body; XMLHttpRequest, because fetch tells no progress. */
function request(method, url, { headers = {}, body = null, progress = () => {}, hold = () => {} } = {}) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    hold(xhr);
    xhr.open(method, url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    let stalled = false;
    let timer = null;
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        stalled = true;
        xhr.abort();
      }, STALLED_MS);
    };
    xhr.upload.addEventListener("loadstart", watch);
    xhr.upload.addEventListener("progress", (event) => {
      watch();
      progress(event.loaded);
    });
    // What comes then is the server's work, which may take its time.
    for (const kind of ["load", "loadend"]) xhr.upload.addEventListener(kind, () => clearTimeout(timer));
    xhr.addEventListener("error", () => reject(new Problem("The connection broke off.", { passing: true })));
    xhr.addEventListener("abort", () => reject(stalled ? new Problem("Nothing could be sent for a minute.", { passing: true }) : new Problem("Stopped.")));
    xhr.addEventListener("load", () => {
      let answer = {};
      try {
        answer = JSON.parse(xhr.responseText);
      } catch {
        // An object store answers in XML, or not at all.
      }
      if (xhr.status >= 200 && xhr.status < 300) return resolve(answer);
      const said = (answer.errors || [answer.error]).filter(Boolean).join("; ");
      const message = said || `The server answered ${xhr.status}.`;
      reject(new Problem(message, { passing: [408, 425, 429].includes(xhr.status) || xhr.status >= 500, status: xhr.status, answer }));
    });
    xhr.send(body);
  });
}

const asJson = (data) => ({ headers: { "Content-Type": "application/json" }, body: JSON.stringify(data) });

/**
 * States: queued, sending, waiting (to try again), paused, failed, done, cancelled. Tells of each change by the event
 * "change". `told` is what the server answered at the start; given, the upload goes on. `direct`: the page may send
 * files straight to an object store.
 */
export class Transfer extends EventTarget {
  constructor(file, base, { told = null, direct = false } = {}) {
    super();
    Object.assign(this, { file, base, told, direct, state: "queued", sent: 0, message: "", advice: "", result: null });
  }

  get isActive() {
    return this.state === "sending" || this.state === "waiting";
  }

  start() {
    if (this.isActive || this.state === "done" || this.state === "cancelled") return;
    this.#set("sending");
    this.#run();
  }

  pause() {
    if (!this.isActive && this.state !== "queued") return;
    this.#set("paused");
    this.#stop();
  }

  /** Not even tried. */
  refuse(message, advice) {
    this.#set("failed", message, advice);
  }

  /** Puts it back where it waits for its turn. */
  queue() {
    if (!this.isActive) this.#set("queued");
  }

  async cancel() {
    const begun = this.told?.part_url;
    const wasDone = this.state === "done";
    this.#set("cancelled");
    this.#stop();
    if (begun && !wasDone) await request("DELETE", begun).catch(() => {});
  }

  /** Tries again now instead of later. */
  hurry() {
    this.wake?.();
  }

  #stop() {
    this.run = null;
    this.xhr?.abort();
    this.wake?.();
  }

  #set(state, message = "", advice = "") {
    // What servers say often lacks its full stop.
    Object.assign(this, { state, message: message && !/[.!?]$/.test(message) ? `${message}.` : message, advice });
    this.dispatchEvent(new CustomEvent("change"));
  }

  async #run() {
    const run = (this.run = {});
    let misses = 0;
    while (this.run === run) {
      try {
        if (!this.told) await this.#begin();
        const before = this.sent;
        await (this.told.part_url ? this.#pieces(run) : this.#directly(run));
        if (this.run !== run) return;
        if (this.sent > before) misses = 0;
        this.result = (await this.#finish()).file;
        if (this.run === run) this.#set("done");
        return;
      } catch (error) {
        if (this.run !== run) return;
        misses += 1;
        if (error.status === 404 && this.told) {
          // The server has forgotten it: from the start, once.
          this.told = null;
          this.sent = 0;
          if (misses < 2) continue;
        }
        if (error.status === 409) {
          if (misses <= MOST_MISSES) continue;
        }
        if (!error.passing || misses > MOST_MISSES) {
          this.run = null;
          return this.#set("failed", error.message, ADVICE[error.status] || "");
        }
        if (!(await this.#isReadable())) {
          this.run = null;
          return this.#set("failed", "The file cannot be read any more.", "It was moved, changed or deleted. Choose it again.");
        }
        await this.#wait(run, error, misses);
      }
    }
  }

  #ask(method, url, options = {}) {
    return request(method, url, { ...options, hold: (xhr) => (this.xhr = xhr) });
  }

  async #begin() {
    const { name, type, size } = this.file;
    this.told = await this.#ask("POST", `${this.base}resumable`, asJson({ filename: name, content_type: type || "application/octet-stream", size, direct: this.direct }));
    this.dispatchEvent(new CustomEvent("begun"));
  }

  async #pieces(run) {
    const { part_url: url } = this.told;
    let { offset, piece_bytes: most } = await this.#ask("GET", url);
    this.#progress(offset);
    while (offset < this.file.size && this.run === run) {
      const piece = this.file.slice(offset, offset + most);
      const headers = { "Upload-Offset": String(offset), "Content-Type": "application/octet-stream" };
      const at = offset;
      const progress = (loaded) => this.run === run && this.#progress(at + Math.min(loaded, piece.size));
      ({ offset } = await this.#ask("PATCH", url, { headers, body: piece, progress }));
      this.#progress(offset);
    }
  }

  /** Straight to an object store: one request, which cannot be resumed. */
  async #directly(run) {
    const form = new FormData();
    for (const [name, value] of Object.entries(this.told.upload_fields)) form.append(name, value);
    form.append("file", this.file);
    const progress = (loaded) => this.run === run && this.#progress(Math.min(loaded, this.file.size));
    const { upload_method: method, upload_url: url, upload_headers: headers } = this.told;
    await this.#ask(method, url, { headers, body: form, progress });
  }

  #finish() {
    const { part_url: url, upload_token: token } = this.told;
    return url ? this.#ask("POST", `${url}/complete`) : this.#ask("POST", `${this.base}complete`, asJson({ upload_token: token }));
  }

  #progress(sent) {
    this.sent = sent;
    this.dispatchEvent(new CustomEvent("progress"));
  }

  async #isReadable() {
    return this.file.slice(0, 1).arrayBuffer().then(
      () => true,
      () => false,
    );
  }

  /** Waits longer each time; a connection that comes back, or a person, ends it. */
  async #wait(run, error, misses) {
    let left = Math.min(LONGEST_WAIT_S, 2 ** (misses - 1));
    const back = () => this.wake?.();
    window.addEventListener("online", back);
    while (left > 0 && this.run === run) {
      this.#set("waiting", error.message, `Trying again in ${left} s.`);
      const hurried = await new Promise((resolve) => {
        const timer = setTimeout(resolve, 1000, false);
        this.wake = () => (clearTimeout(timer), resolve(true));
      });
      left = hurried ? 0 : left - 1;
    }
    this.wake = null;
    window.removeEventListener("online", back);
    if (this.run === run) this.#set("sending");
  }
}
