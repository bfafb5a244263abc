// Importing a file: send it, show what is in it, run the import as a job, follow it.

import { columnRows, chosenColumns, suggestedTable } from "./import-columns.js";
import { chosenReading, showReading } from "./import-reading.js";

const POLL_MS = 400;
const data = JSON.parse(document.querySelector('.page-data[data-name="_vitrinaImport"]').textContent);
const fileForm = document.querySelector("#import-file");
const planForm = document.querySelector("#import-plan");
const problem = document.querySelector("#import-problem");
const busy = document.querySelector("#import-busy");
const progress = document.querySelector("#import-progress");
const report = document.querySelector("#import-report");
const number = new Intl.NumberFormat();
let found = null;
let job = null;

function tell(message) {
  problem.textContent = message;
  problem.hidden = !message;
  if (message) problem.focus();
}

async function ask(path, options) {
  const response = await fetch(path, options);
  let body = {};
  try {
    body = await response.json();
  } catch {
    // An answer of something between us and the server.
  }
  if (!response.ok) throw new Error(body.error || `The server answered ${response.status}`);
  return body;
}

async function send(file) {
  tell("");
  planForm.hidden = true;
  if (file.size > data.largest) {
    tell(`The file has ${number.format(file.size)} bytes; ${number.format(data.largest)} are allowed.`);
    return;
  }
  busy.textContent = `Reading ${file.name}…`;
  busy.hidden = false;
  try {
    const path = `${data.path}?name=${encodeURIComponent(file.name)}`;
    const headers = { "Content-Type": "application/octet-stream" };
    found = await ask(path, { method: "POST", headers, body: file });
    showReading(planForm, found, data);
    planForm.elements.table.value = data.table || suggestedTable(found.name);
    showPlan();
    planForm.elements.table.focus();
  } catch (error) {
    tell(error.message);
  } finally {
    busy.hidden = true;
  }
}

// Another encoding or delimiter: the columns are those that the file has then.
async function readAgain() {
  tell("");
  const submit = planForm.querySelector('[type="submit"]');
  submit.disabled = true;
  const chosen = chosenReading(planForm, found);
  const path = new URL(data.path, location.href);
  path.searchParams.set("upload", found.upload);
  for (const [name, value] of Object.entries(chosen)) path.searchParams.set(`_${name}`, value);
  try {
    found = await ask(path, { method: "POST" });
    showPlan();
    submit.disabled = false;
  } catch (error) {
    document.querySelector("#import-found").textContent = `${found.name} cannot be read like this.`;
    planForm.querySelector("tbody").replaceChildren();
    tell(error.message);
  }
}

function showPlan() {
  const rows = found.complete ? `${number.format(found.sampled_rows)} rows` : `more than ${number.format(found.sampled_rows)} rows`;
  const encoding = found.encoding ? `, ${found.encoding.replace("-sig", "")}` : "";
  document.querySelector("#import-found").textContent = `${found.name}: ${found.format.toUpperCase()}${encoding}, ${rows}. Types are guessed from the first ${number.format(found.sampled_rows)}.`;
  planForm.querySelector("tbody").replaceChildren(...columnRows(found, data.types));
  planForm.querySelector('[type="submit"]').disabled = false;
  document.querySelector("#import-tables").replaceChildren(
    ...data.tables.map((name) => Object.assign(document.createElement("option"), { value: name })),
  );
  noteTarget();
  planForm.hidden = false;
}

function noteTarget() {
  const name = planForm.elements.table.value.toLowerCase();
  const exists = data.tables.some((table) => table.toLowerCase() === name);
  const created = data.mayCreate ? "will be created" : "does not exist, and you may not create tables";
  document.querySelector("#import-target-note").textContent = exists ? "is there: its own types count" : created;
  for (const field of planForm.querySelectorAll("[data-only-new]")) field.disabled = exists;
}

async function start(event) {
  event.preventDefault();
  tell("");
  const { columns, pks } = chosenColumns(planForm);
  const fields = planForm.elements;
  const body = { upload: found.upload, table: fields.table.value.trim(), mode: fields.mode.value, columns, pks };
  Object.assign(body, chosenReading(planForm, found));
  body.strict = fields.strict.checked;
  if (fields.null.value) body.nulls = [fields.null.value];
  if (fields.batch.value) body.batch = Number(fields.batch.value);
  const headers = { "Content-Type": "application/json" };
  try {
    ({ job } = await ask(`${data.path}/run`, { method: "POST", headers, body: JSON.stringify(body) }));
  } catch (error) {
    tell(error.message);
    return;
  }
  planForm.hidden = true;
  fileForm.hidden = true;
  progress.hidden = false;
  document.querySelector("#import-progress-heading").focus();
  follow();
}

async function follow() {
  let misses = 0;
  while (job.state === "waiting" || job.state === "running") {
    showProgress();
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    try {
      ({ job } = await ask(`${data.jobs}/${job.id}`));
      misses = 0;
    } catch (error) {
      misses += 1;
      if (misses > 10) {
        tell(error.message);
        return;
      }
    }
  }
  showReport();
}

function showProgress() {
  const bar = document.querySelector("#import-bar");
  if (job.bytes) bar.value = job.read_bytes / job.bytes;
  const rows = `${number.format(job.report.read)} rows`;
  document.querySelector("#import-state").textContent = job.state === "waiting" ? "Waiting for another import" : rows;
}

function showReport() {
  const { written, skipped, rejected, rejected_rows: refused } = job.report;
  const heading = document.querySelector("#import-report-heading");
  heading.textContent = { done: "Imported", failed: "The import failed", cancelled: "Cancelled" }[job.state];
  const result = document.querySelector("#import-result");
  const parts = [`${number.format(written)} ${written === 1 ? "row" : "rows"} written`];
  if (skipped) parts.push(`${number.format(skipped)} left out`);
  if (rejected) parts.push(`${number.format(rejected)} refused`);
  const link = Object.assign(document.createElement("a"), { href: job.table_url, textContent: job.table });
  if (job.error) result.append(`${job.error}. `);
  result.append(parts.join(", "));
  if (written || job.state === "done") result.append(". Go to ", link);
  result.append(".");
  if (rejected) {
    const box = document.querySelector("#import-rejected");
    box.querySelector("ul").replaceChildren(
      ...refused.map((each) => Object.assign(document.createElement("li"), { textContent: `Row ${each.row}: ${each.reason}` })),
    );
    document.querySelector("#import-rejected-file").href = `${data.jobs}/${job.id}/rejected`;
    box.hidden = false;
  }
  progress.hidden = true;
  report.hidden = false;
  heading.focus();
}

fileForm.hidden = false;
fileForm.elements.file.addEventListener("change", (event) => {
  if (event.target.files.length) send(event.target.files[0]);
});
planForm.addEventListener("submit", start);
for (const name of ["encoding", "delimiter"]) planForm.elements[name].addEventListener("change", readAgain);
planForm.elements.table.addEventListener("input", noteTarget);
document.querySelector("#import-cancel").addEventListener("click", (event) => {
  event.target.disabled = true;
  ask(`${data.jobs}/${job.id}/cancel`, { method: "POST" }).catch((error) => tell(error.message));
});
