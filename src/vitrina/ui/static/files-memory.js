// Uploads that were begun and not ended, remembered by this browser so that they go on after the page was left.

const LIFE_MS = 24 * 3600 * 1000;

/** The same file chosen again: nothing of its content is read for it. */
export function isSame(entry, file) {
  return entry.name === file.name && entry.size === file.size && entry.modified === file.lastModified;
}

/** What is remembered for one source; where storage is forbidden nothing is, and uploads work without it. */
export class UploadMemory {
  constructor(source) {
    this.key = `vitrina-uploads:${new URL("../files", import.meta.url).pathname}:${source}`;
  }

  all() {
    try {
      const entries = JSON.parse(localStorage.getItem(this.key) || "[]");
      return entries.filter((entry) => entry.begun > Date.now() - LIFE_MS);
    } catch {
      return [];
    }
  }

  #store(entries) {
    try {
      if (entries.length) localStorage.setItem(this.key, JSON.stringify(entries));
      else localStorage.removeItem(this.key);
    } catch {
      // Full or forbidden.
    }
  }

  add(file, told) {
    const { name, size, lastModified: modified } = file;
    const { part_url, upload_token } = told;
    this.#store([...this.all(), { name, size, modified, begun: Date.now(), told: { part_url, upload_token } }]);
  }

  remove(token) {
    this.#store(this.all().filter((entry) => entry.told.upload_token !== token));
  }
}
