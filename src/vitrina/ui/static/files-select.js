// Choosing files of a list or gallery, and what is done with all of them: one archive, or deleting.

import { ask, element, send } from "./ask.js";

function start(form) {
  const boxes = [...form.querySelectorAll('input[name="id"]')];
  const all = form.querySelector("[data-select-all]");
  const bar = form.querySelector(".selection-bar");
  const count = bar.querySelector("[data-count]");
  const remove = bar.querySelector("[data-delete-url]");
  let last = null;

  const chosen = () => boxes.filter((box) => box.checked);

  function update() {
    const { length } = chosen();
    bar.classList.toggle("is-empty", !length);
    count.textContent = length ? `${length} chosen` : "None chosen";
    for (const button of bar.querySelectorAll("button")) button.disabled = !length;
    if (all) {
      all.checked = length === boxes.length;
      all.indeterminate = length > 0 && length < boxes.length;
    }
    for (const box of boxes) box.closest("[data-file]").classList.toggle("is-chosen", box.checked);
  }

  // Shift and click chooses everything in between.
  form.addEventListener("click", (event) => {
    const at = boxes.indexOf(event.target);
    if (at < 0) return;
    if (event.shiftKey && last !== null) {
      for (const box of boxes.slice(Math.min(at, last), Math.max(at, last) + 1)) box.checked = boxes[at].checked;
    }
    last = at;
    update();
  });
  form.addEventListener("change", update);
  all?.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    update();
  });
  bar.querySelector("[data-clear]")?.addEventListener("click", () => {
    for (const box of boxes) box.checked = false;
    update();
    boxes[0]?.focus();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Delete" && boxes.includes(event.target) && remove) {
      if (!chosen().length) event.target.checked = true;
      update();
      confirmDelete(remove.dataset.deleteUrl, chosen());
    }
  });
  remove?.addEventListener("click", () => confirmDelete(remove.dataset.deleteUrl, chosen()));
  for (const node of form.querySelectorAll("[data-needs-script]")) node.hidden = false;
  update();
}

function confirmDelete(url, boxes) {
  const names = boxes.map((box) => box.closest("[data-file]").dataset.file);
  const shown = names.slice(0, 5).map((name) => element("li", { textContent: name }));
  if (names.length > 5) shown.push(element("li", { textContent: `and ${names.length - 5} more` }));
  const what = names.length === 1 ? "this file" : `these ${names.length} files`;
  ask({
    heading: names.length === 1 ? "Delete a file" : `Delete ${names.length} files`,
    button: "Delete",
    danger: true,
    content: () => [
      element("p", { textContent: `Delete ${what}? They are gone for good; cells that name them stay as they are.`.replace("They are", names.length === 1 ? "It is" : "They are") }),
      element("ul", { className: "bullets" }, ...shown),
    ],
    action: async () => {
      const failed = await deleteAll(url, boxes);
      if (failed.length) throw new Error(failed.join("\n"));
      location.reload();
    },
  });
}

/** Deletes the files; gives what could not be, in words. Those that are gone are taken off the page. */
async function deleteAll(url, boxes) {
  let answer;
  try {
    answer = await send(url, { action: "delete", ids: boxes.map((box) => box.value) });
  } catch (error) {
    if (!error.answer?.failed) throw error;
    ({ answer } = error);
  }
  const failed = [];
  for (const box of boxes) {
    const item = box.closest("[data-file]");
    const reason = answer.failed?.[box.value];
    if (reason) failed.push(`${item.dataset.file}: ${reason}`);
    else item.remove();
  }
  return failed;
}

for (const form of document.querySelectorAll("form.file-selection")) start(form);
