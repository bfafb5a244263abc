// One line of the list of uploads: name, bar, what is going on, and what can be done about it.

import { element } from "./ask.js";
import { inWords } from "./blob-field.js";

const WORDS = { queued: "Waiting for its turn", waiting: "Interrupted", paused: "Paused", cancelled: "Cancelled" };

/** Makes the line of `transfer`; `start(transfer)` is called where a person wants it to go on. */
export function uploadLine(transfer, start) {
  const { file } = transfer;
  const name = element("span", { className: "upload-name", textContent: file.name });
  const bar = element("progress", { max: Math.max(1, file.size), value: 0, aria: { label: `Upload of ${file.name}` } });
  const words = element("span", { className: "upload-state" });
  const advice = element("p", { className: "upload-advice", hidden: true });
  const button = (label, onClick) => {
    const node = element("button", { type: "button", textContent: label, aria: { label: `${label}: ${file.name}` } });
    node.addEventListener("click", onClick);
    return node;
  };
  const pause = button("Pause", () => transfer.pause());
  const goOn = button("Resume", () => start(transfer));
  const again = button("Try again", () => start(transfer));
  const now = button("Try now", () => transfer.hurry());
  const cancel = button("Cancel", () => transfer.cancel());
  const remove = button("Remove", () => transfer.cancel());
  const buttons = element("span", { className: "upload-buttons" }, pause, goOn, again, now, cancel, remove);
  const root = element("li", { className: "upload-line" }, name, words, bar, advice, buttons);

  const shown = {
    queued: [pause, cancel],
    sending: [pause, cancel],
    waiting: [now, pause, cancel],
    paused: [goOn, cancel],
    failed: [again, remove],
    done: [],
    cancelled: [],
  };

  function update() {
    const { state, sent, message } = transfer;
    root.dataset.state = state;
    bar.value = file.size ? sent : Number(state === "done");
    bar.hidden = state === "done" || state === "failed" || state === "cancelled";
    words.textContent = wordsOf(state, sent, file.size);
    advice.hidden = !message;
    advice.textContent = [message, transfer.advice].filter(Boolean).join(" ");
    const focused = buttons.contains(document.activeElement) ? document.activeElement : null;
    for (const node of buttons.children) node.hidden = !shown[state].includes(node);
    // For whoever takes the line off the list.
    root.hadFocus = Boolean(focused);
    if (focused?.hidden) shown[state][0]?.focus();
    if (state === "done" && transfer.result && !root.querySelector("a")) {
      name.replaceChildren(element("a", { href: transfer.result.url, textContent: transfer.result.filename }));
    }
  }

  transfer.addEventListener("change", update);
  transfer.addEventListener("progress", update);
  update();
  return root;
}

function wordsOf(state, sent, size) {
  if (state === "done") return `${inWords(size)}, uploaded`;
  if (state === "failed") return "Not uploaded";
  if (state === "cancelled") return WORDS.cancelled;
  const share = size ? Math.floor((100 * sent) / size) : 0;
  const part = `${share} % of ${inWords(size)}`;
  return state === "sending" ? part : `${WORDS[state]}${sent ? `, ${part}` : ""}`;
}
