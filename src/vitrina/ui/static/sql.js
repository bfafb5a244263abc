// The SQL form: an editor in place of the textarea, fields for the parameters, Ctrl/⌘-Enter, layout of the text.
// Without this script the textarea is the editor and "Run SQL" shows the fields.

const WAIT_MS = 350;
const form = document.querySelector("form.sql");
const textarea = document.getElementById("sql-editor");
const urls = document.querySelector("script[data-editor]")?.dataset || {};
let editor = null;

/** The SQL as it stands in the form now. */
export function currentSql() {
  return editor ? editor.text() : textarea?.value ?? document.getElementById("sql-query")?.textContent ?? "";
}

/** Replaces the SQL and puts the cursor there. */
export function replaceSql(text) {
  if (editor) editor.setText(text);
  else if (textarea) textarea.value = text;
  later();
  (editor || textarea)?.focus();
}

function run() {
  if (form.requestSubmit) form.requestSubmit();
  else form.submit();
}

async function startEditor() {
  const { makeEditor } = await import(urls.editor);
  const host = document.createElement("div");
  host.className = "sql-host";
  const root = host.attachShadow({ mode: "open" });
  textarea.before(host);
  editor = makeEditor({
    root,
    text: textarea.value,
    schema: window._vitrinaSchema || {},
    label: "SQL",
    onRun: run,
    onChange: (text) => {
      textarea.value = text;
      later();
    },
  });
  textarea.hidden = true;
  textarea.labels[0]?.addEventListener("click", () => editor.focus());
  markError();
}

// "near "x": syntax error" and "no such column: x" name the place: it is selected in the text.
function markError() {
  const message = form.querySelector(".message-error")?.textContent || "";
  const word = message.match(/near "(.+?)"/)?.[1] ?? message.match(/no such \w+: (?:\w+\.)?(.+)$/)?.[1]?.trim();
  const at = word ? currentSql().toLowerCase().indexOf(word.toLowerCase()) : -1;
  if (at >= 0) editor.select(at, at + word.length);
}

let timer;
function later() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    form.dispatchEvent(new CustomEvent("sql-change"));
    updateParameters().catch(() => {});
  }, WAIT_MS);
}

async function updateParameters() {
  const section = form.querySelector("[data-sql-parameters-section]");
  if (!section || !form.dataset.parametersUrl) return;
  if (!currentSql().includes(":")) {
    section.replaceChildren();
    return;
  }
  const url = new URL(form.dataset.parametersUrl, location.href);
  url.searchParams.set("sql", currentSql());
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (!response.ok) return;
  const { parameters = [] } = await response.json();
  showParameters(section, parameters);
}

/** Puts a field for each of `names` into a section, which keep what was typed. */
export function showParameters(section, names) {
  const fields = [...section.querySelectorAll("[data-parameter-control]")];
  const values = new Map(fields.map((field) => [field.dataset.parameterName, field.value]));
  const prefix = section.dataset.parameterNamePrefix || "";
  if (names.length === values.size && names.every((name) => values.has(name))) return;
  const heading = Object.assign(document.createElement("h3"), { textContent: "Parameters" });
  section.replaceChildren(...(names.length ? [heading] : []), ...names.map((name, index) => parameter(name, index, values, prefix)));
}

function parameter(name, index, values, prefix) {
  const line = Object.assign(document.createElement("p"), { className: "sql-parameter-row" });
  const id = `qp${index + 1}`;
  const label = Object.assign(document.createElement("label"), { htmlFor: id, textContent: name });
  const field = Object.assign(document.createElement("input"), { type: "text", id, name: prefix + name, value: values.get(name) || "" });
  field.dataset.parameterControl = "";
  field.dataset.parameterName = name;
  line.append(label, " ", field);
  return line;
}

function startFormat(button) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      const { formatSql } = await import(urls.formatter);
      replaceSql(formatSql(currentSql()));
    } catch {
      button.insertAdjacentText("afterend", " This text could not be laid out.");
      button.disabled = true;
    }
  });
}

function start() {
  const format = document.getElementById("sql-format");
  if (format && textarea) startFormat(format);
  if (!textarea) return;
  textarea.addEventListener("input", later);
  textarea.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
  });
  // The editor is large: where the form is far down the page it waits until it comes near.
  const seen = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      startEditor().catch((error) => console.error("The SQL editor could not start", error));
    },
    { rootMargin: "200px" },
  );
  seen.observe(textarea);
}

if (form) start();
