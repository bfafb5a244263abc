// The form that begins an import: what the server refuses is told beside it.

import { element } from "./ask.js";

for (const form of document.querySelectorAll("form[data-import]")) {
  const problem = element("p", { className: "message-error", hidden: true, tabIndex: -1, aria: { role: "alert" } });
  const submit = form.querySelector("[type=submit]");
  form.prepend(problem);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (submit.disabled) return;
    submit.disabled = true;
    problem.hidden = true;
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (answer.ok && answer.redirected) return location.assign(answer.url);
      const { error } = await answer.json().catch(() => ({}));
      problem.textContent = error || `The server answered ${answer.status}.`;
    } catch {
      problem.textContent = "The server cannot be reached. Try again when the connection is back.";
    }
    problem.hidden = false;
    problem.focus();
    submit.disabled = false;
    return undefined;
  });
}
