// The control of a blob: what is there, another file instead, or nothing.

import { element } from "./ask.js";
import { bytesOf } from "./field-values.js";

// Room for the other fields of a request, and for what base64 adds.
const ROOM = 16384;
const GROWTH = 3 / 4;

/** Bytes as people read them. */
export function inWords(bytes) {
  if (bytes < 1024) return `${bytes.toLocaleString()} byte${bytes === 1 ? "" : "s"}`;
  const [size, unit] = bytes < 1048576 ? [bytes / 1024, "KB"] : [bytes / 1048576, "MB"];
  return `${size.toLocaleString(undefined, { maximumFractionDigits: 1 })} ${unit}`;
}

function encode(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result.slice(reader.result.indexOf(",") + 1)));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(file);
  });
}

/**
 * Makes the control; `id` is that of its file input. `changed(problem)` is called after each choice.
 *
 * Gives {root, input, touched, value}: the value to send is a $base64 object or null.
 */
export function blobField({ id, blob, nullable, maxBodyBytes, describedBy, changed }) {
  const limit = Math.floor((maxBodyBytes - ROOM) * GROWTH);
  const input = element("input", { type: "file", id, aria: { describedby: describedBy } });
  const state = element("span", { className: "blob-state", aria: { live: "polite" } });
  const clear = element("button", { type: "button", textContent: "Remove", hidden: !blob || !nullable });
  const undo = element("button", { type: "button", textContent: "Keep as it was", hidden: true });
  const field = { root: element("div", { className: "blob-field" }, input, state, clear, undo), input, touched: false, value: blob };
  const original = blob ? `${inWords(bytesOf(blob))} now` : "Nothing now";
  const show = (text, problem = "") => {
    state.textContent = text;
    undo.hidden = !field.touched;
    clear.hidden = !nullable || !field.value;
    changed(problem);
  };
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (!file) return;
    if (limit > 0 && file.size > limit) {
      input.value = "";
      show(original, `${file.name} has ${inWords(file.size)}; at most ${inWords(limit)} can be sent.`);
      return;
    }
    field.value = { $base64: true, encoded: await encode(file) };
    field.touched = true;
    show(`${inWords(file.size)} to be stored`);
  });
  clear.addEventListener("click", () => {
    input.value = "";
    field.value = null;
    field.touched = Boolean(blob);
    show("To be emptied");
    input.focus();
  });
  undo.addEventListener("click", () => {
    input.value = "";
    field.value = blob;
    field.touched = false;
    show(original);
    input.focus();
  });
  state.textContent = original;
  return field;
}
