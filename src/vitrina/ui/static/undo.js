// The notice about what was just deleted, with a button that brings it back; Ctrl-Z or ⌘-Z does the same.

import { element, send, tell } from "./ask.js";
import { forget, recall } from "./undo-memory.js";

async function bringBack(notice, button) {
  if (button.disabled) return;
  button.disabled = true;
  try {
    await send(`${notice.undo.path}?_message=1`, { undo: notice.undo.id });
    forget();
    location.reload();
  } catch (error) {
    button.disabled = false;
    tell(error);
    if (error.status === 404) {
      forget();
      button.remove();
    }
  }
}

function show(notice) {
  const line = element("p", { className: "message-info undo-notice" });
  const box = element("div", { className: "messages", aria: { role: "status" } }, line);
  document.querySelector("main")?.before(box);
  const close = element("button", { type: "button", className: "icon-button", textContent: "✕", aria: { label: "Close this notice" } });
  close.addEventListener("click", () => {
    forget();
    box.remove();
    document.querySelector("main")?.focus();
  });
  // What is put into a live region after it stands is read out.
  setTimeout(() => {
    line.append(element("span", { textContent: notice.text }), " ");
    if (notice.undo) {
      const button = element("button", { type: "button", className: "button-quiet undo-button", textContent: "Undo", aria: { keyshortcuts: "Control+Z Meta+Z" } });
      button.addEventListener("click", () => bringBack(notice, button));
      line.append(button, " ");
      document.addEventListener("keydown", (event) => onKey(event, notice, button));
      setTimeout(() => button.remove(), notice.until - Date.now());
    }
    line.append(close);
  });
}

function onKey(event, notice, button) {
  const asked = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
  const typing = event.target.closest?.("input, textarea, select, [contenteditable], dialog");
  if (!asked || typing || !button.isConnected) return;
  event.preventDefault();
  bringBack(notice, button);
}

const notice = recall();
if (notice) {
  if (!notice.undo || notice.until < Date.now()) forget();
  if (!notice.undo || notice.until > Date.now()) show(notice);
}
