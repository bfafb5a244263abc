// The forms of a file's page: its text, and its end after a second click.

async function post(url, body) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error((data.errors || [`Status ${answer.status}`]).join("; "));
  return data;
}

for (const form of document.querySelectorAll("[data-file-update]")) {
  form.hidden = false;
  const status = form.querySelector("[role=status]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await post(form.dataset.fileUpdate, { update: { search_text: form.elements.search_text.value } });
      status.textContent = "Saved.";
    } catch (error) {
      status.textContent = error.message;
    }
  });
}

for (const form of document.querySelectorAll("[data-file-delete]")) {
  form.hidden = false;
  const status = form.querySelector("[role=status]");
  const button = form.querySelector("button");
  let sure = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!sure) {
      sure = true;
      button.textContent = "Delete for good";
      return;
    }
    try {
      await post(form.dataset.fileDelete, {});
      location.assign(form.dataset.after);
    } catch (error) {
      status.textContent = error.message;
    }
  });
}
