// Where files are on this site, whatever it is mounted under; and their style sheet, where a page did not bring it.

const BASE = new URL("../files", import.meta.url).pathname;

/** The address of the page of all files, without a slash at the end. */
export function rootUrl() {
  return BASE;
}

export function loadStyles() {
  if (document.querySelector('link[rel="stylesheet"][href*="/file-parts.css"]')) return;
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = new URL("./file-parts.css", import.meta.url).href;
  document.head.append(link);
}
