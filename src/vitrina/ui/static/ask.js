// Dialogs with a form that writes to this server.

import { parseExactly } from "./exact-json.js";

/** What the server refused: `status`, its `messages`, and its whole `answer`. */
export class Refused extends Error {
  constructor(response, answer) {
    const messages = (answer.errors || [answer.error]).filter(Boolean);
    if (!messages.length) messages.push(response.statusText || `The server answered ${response.status}.`);
    super(messages.join("\n"));
    this.status = response.status;
    this.messages = messages;
    this.answer = answer;
  }
}

async function answerOf(response) {
  const text = await response.text();
  let answer = {};
  try {
    answer = parseExactly(text);
  } catch {
    // Something between here and the server answered with a page of its own.
  }
  if (!response.ok || answer.ok === false) throw new Refused(response, answer);
  return answer;
}

/** Sends JSON to a write endpoint of this server; throws Refused when it refuses. */
export async function send(url, body, { signal } = {}) {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  return answerOf(await fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal }));
}

/** Reads JSON of this server; throws Refused. */
export async function read(url) {
  return answerOf(await fetch(url, { headers: { Accept: "application/json" } }));
}

/** An element with properties and children; `aria` and `data` hold attributes of these names. */
export function element(tag, { aria = {}, data = {}, ...properties } = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  for (const [name, value] of Object.entries(aria)) node.setAttribute(name === "role" ? "role" : `aria-${name}`, value);
  Object.assign(node.dataset, data);
  node.append(...children);
  return node;
}

/**
 * Shows a dialog around `content` with a button that runs `action`.
 *
 * The dialog closes when the action succeeds; its error is shown otherwise, and where it has `quiet` the fields say
 * what is wrong. `danger` marks an action that cannot be taken back; `extra` are further buttons of the foot.
 */
export function ask({ heading, content, button, action, danger = false, wide = false, extra = [], focus = null }) {
  const modal = element("datasette-modal", wide ? { className: "wide" } : {});
  modal.setAttribute("heading", heading);
  const form = element("form", { className: "core", noValidate: true });
  const problem = element("p", { className: "edit-error message-error", aria: { role: "alert" } });
  const cancel = element("button", { type: "button", textContent: "Cancel" });
  const submit = element("button", { type: "submit", textContent: button, className: danger ? "danger-solid" : "" });
  cancel.addEventListener("click", () => modal.close());
  const foot = element("div", { className: "dialog-foot" }, ...extra, cancel, submit);
  modal.say = (text) => (problem.textContent = text);
  modal.submit = submit;
  form.append(problem, ...[content(form, modal)].flat(), foot);
  form.addEventListener("keydown", (event) => {
    // Ctrl or ⌘ with Enter sends, also from a field of many lines.
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit(submit);
    }
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (submit.disabled) return;
    submit.disabled = true;
    modal.say("");
    try {
      if ((await action(form, modal)) !== false) modal.close();
    } catch (error) {
      modal.say(error.message);
      if (!error.quiet) problem.scrollIntoView?.({ block: "nearest" });
    }
    submit.disabled = false;
  });
  modal.append(form);
  document.body.append(modal);
  modal.addEventListener("close", () => modal.remove());
  modal.open();
  (focus || form.querySelector("input:not([readonly], [hidden]), textarea, select") || submit).focus();
  return modal;
}

/** Tells of something that went wrong outside of a dialog. */
export function tell(error) {
  const line = element("p", { className: "message-error", textContent: error.message, aria: { role: "alert" } });
  document.querySelector("#content")?.before(element("div", { className: "messages" }, line));
}
