// The page of a file: editing its words without losing what somebody else wrote, deleting it, more of its text.

import { ask, element, Refused, send } from "./ask.js";

function startEdit(form) {
  form.hidden = false;
  const field = form.elements.search_text;
  const status = form.querySelector("[role=status]");
  const place = form.querySelector(".edit-conflict");
  let loaded = field.value;

  async function save() {
    status.textContent = "Saving…";
    const text = field.value;
    try {
      await send(form.dataset.fileUpdate, { update: { search_text: text }, expected: { search_text: loaded } });
      loaded = text;
      place.replaceChildren();
      status.textContent = "Saved.";
    } catch (error) {
      status.textContent = "";
      if (error instanceof Refused && error.status === 409 && error.answer.file) showConflict(error.answer.file.search_text);
      else if (error instanceof Refused && error.status === 404) tell("Somebody deleted this file meanwhile. Nothing was saved.");
      else tell(error.message);
    }
  }

  const tell = (text) => place.replaceChildren(element("p", { className: "message-error", textContent: text, aria: { role: "alert" } }));

  function showConflict(now) {
    const before = loaded;
    loaded = now;
    const button = (label, onClick) => {
      const node = element("button", { type: "button", textContent: label });
      node.addEventListener("click", () => {
        onClick();
        place.replaceChildren();
        field.focus();
      });
      return node;
    };
    place.replaceChildren(
      element(
        "div",
        { className: "message-warning", aria: { role: "alert" } },
        element("p", { textContent: "Somebody else changed this text while you were editing it. Nothing was saved." }),
        element("p", {}, "It is now: ", element("q", { textContent: now || "(empty)" })),
        element(
          "p",
          { className: "button-line" },
          button("Use what is there now", () => (field.value = now)),
          button("Put both together", () => (field.value = together(before, now, field.value))),
          element("span", { className: "field-help", textContent: "or save again to replace it with yours." }),
        ),
      ),
    );
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  window.addEventListener("beforeunload", (event) => {
    if (field.value !== loaded) event.preventDefault();
  });
}

// Theirs, then what is only in mine: lines for texts of several, else the whole of it.
function together(before, theirs, mine) {
  const known = new Set([...before.split("\n"), ...theirs.split("\n")]);
  const added = mine.split("\n").filter((line) => !known.has(line));
  return [theirs, ...added].filter(Boolean).join("\n");
}

function startDelete(button) {
  button.hidden = false;
  button.addEventListener("click", () =>
    ask({
      heading: "Delete a file",
      button: "Delete",
      danger: true,
      content: () => element("p", { textContent: `Delete ${button.dataset.name}? It is gone for good; cells that name it stay as they are.` }),
      action: async () => {
        await send(button.dataset.fileDelete, {});
        location.assign(button.dataset.after);
      },
    }),
  );
}

for (const form of document.querySelectorAll("[data-file-update]")) startEdit(form);
for (const button of document.querySelectorAll("[data-file-delete]")) startDelete(button);
