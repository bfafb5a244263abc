// Dialogs with a form that writes to this server.

/** Sends JSON to a write endpoint of this server; throws with the server's message when it refuses. */
export async function send(url, body) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok || answer.ok === false) {
    throw new Error((answer.errors || [answer.error || response.statusText]).join("\n"));
  }
  return answer;
}

/**
 * Shows a dialog around `content` with a button that runs `action`.
 *
 * The dialog closes when the action succeeds; its error is shown otherwise.
 */
export function ask({ heading, content, button, action }) {
  const modal = document.createElement("datasette-modal");
  modal.setAttribute("heading", heading);
  const form = Object.assign(document.createElement("form"), { className: "core", noValidate: true });
  const problem = Object.assign(document.createElement("p"), { className: "edit-error message-error" });
  problem.setAttribute("role", "alert");
  const foot = Object.assign(document.createElement("div"), { className: "dialog-foot" });
  const cancel = Object.assign(document.createElement("button"), { type: "button", textContent: "Cancel" });
  const submit = Object.assign(document.createElement("button"), { type: "submit", textContent: button });
  cancel.addEventListener("click", () => modal.close());
  foot.append(cancel, submit);
  form.append(problem, ...[content(form)].flat(), foot);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    problem.textContent = "";
    try {
      await action(form);
      modal.close();
    } catch (error) {
      problem.textContent = error.message;
      submit.disabled = false;
    }
  });
  modal.append(form);
  document.body.append(modal);
  modal.addEventListener("close", () => modal.remove());
  modal.open();
  form.querySelector("input:not([readonly]), textarea, select")?.focus();
  return modal;
}
