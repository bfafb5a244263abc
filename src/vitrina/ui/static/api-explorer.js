// The API explorer: sends what the forms say and shows the answer.

const getForm = document.querySelector("#api-explorer-get");
const postForm = document.querySelector("#api-explorer-post");
const output = document.querySelector("#output");

function show(status, text) {
  const errors = output.querySelector(".errors");
  errors.replaceChildren();
  let shown = text;
  try {
    const body = JSON.parse(text);
    shown = JSON.stringify(body, null, 2);
    for (const message of body.errors || []) {
      errors.append(Object.assign(document.createElement("li"), { textContent: message }));
    }
  } catch {
    // Not JSON: shown as it came.
  }
  errors.hidden = !errors.children.length;
  output.querySelector("#response-status").textContent = status;
  output.querySelector("pre").textContent = shown;
  output.hidden = false;
}

async function send(path, options) {
  try {
    const response = await fetch(path, options);
    show(`${response.status} ${response.statusText}`, await response.text());
  } catch (error) {
    show("not reached", String(error));
  }
}

function fillFromAddress() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  const form = wanted.get("method") === "POST" ? postForm : getForm;
  if (!wanted.has("path")) return;
  for (const each of [getForm, postForm]) each.closest("details").open = each === form;
  form.elements.path.value = wanted.get("path");
  if (wanted.has("json")) form.elements.json.value = wanted.get("json");
}

getForm.addEventListener("submit", (event) => {
  event.preventDefault();
  send(getForm.elements.path.value, { headers: { Accept: "application/json" } });
});

postForm.addEventListener("submit", (event) => {
  event.preventDefault();
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  send(postForm.elements.path.value, { method: "POST", headers, body: postForm.elements.json.value });
});

document.querySelector("#json-format").addEventListener("click", () => {
  const field = postForm.elements.json;
  try {
    field.value = JSON.stringify(JSON.parse(field.value), null, 2);
    field.setCustomValidity("");
  } catch (error) {
    field.setCustomValidity(String(error));
    field.reportValidity();
  }
});

addEventListener("hashchange", fillFromAddress);
fillFromAddress();
