// What was deleted last, for the page that comes after: kept by the browser for this tab alone.

const KEY = "vitrina-deleted";

/** Keeps a notice for the page that comes after: `text`, and `undo` as the server gave it. */
export function remember({ text, undo }) {
  const until = undo ? Date.now() + undo.seconds * 1000 : 0;
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ text, undo, until, shown: 0 }));
  } catch {
    // Storage may be forbidden: the row stays deleted, and nothing is said about it.
  }
}

/** The notice that was kept, or null. */
export function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

/** Drops it. */
export function forget() {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // As above.
  }
}
