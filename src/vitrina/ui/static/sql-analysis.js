// Beside a form that takes SQL which may write: what the statement would do, and whether you may, while you type.

import { currentSql, showParameters } from "./sql.js";

const form = document.querySelector("form.sql[data-analyze-url]");
const section = document.querySelector("[data-sql-analysis]");
const submit = form?.querySelector('.sql-buttons [type="submit"]');
let running = null;

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function line({ operation, database, table, required_permission: permission, allowed }) {
  const place = [database, table].filter(Boolean).join("/");
  const may = element("td", { className: allowed ? "" : "not-allowed", textContent: allowed ? "yes" : "no" });
  const cells = [operation, place, permission || "none"].map((textContent) => element("td", { textContent }));
  return element("tr", {}, ...cells, may);
}

function tableOf(rows) {
  const heads = ["Does", "On", "Needs", "You may"].map((textContent) => element("th", { scope: "col", textContent }));
  const table = element("table", { className: "sql-analysis" }, element("caption", { textContent: "What this statement does" }));
  table.append(element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows.map(line)));
  return element("div", { className: "table-wrapper" }, table);
}

function show(answer) {
  const { analysis_rows: rows = [], analysis_error: error, execute_disabled_reason: reason, parameters } = answer;
  const parts = rows.length ? [tableOf(rows)] : [];
  const words = error || reason || (answer.save_disabled && rows.length ? "You do not have permission for all of this." : "");
  if (words) parts.push(element("p", { className: error ? "message-error" : "hint", textContent: words }));
  section.replaceChildren(...parts);
  const parameterSection = form.querySelector("[data-sql-parameters-section]");
  if (parameterSection && parameters && !error) showParameters(parameterSection, parameters);
  submit.disabled = Boolean(answer.execute_disabled ?? answer.save_disabled);
}

async function analyze() {
  running?.abort();
  const own = (running = new AbortController());
  const url = new URL(form.dataset.analyzeUrl, location.href);
  url.searchParams.set("sql", currentSql());
  try {
    const response = await fetch(url, { headers: { Accept: "application/json" }, signal: own.signal });
    const answer = await response.json();
    if (own === running) show(response.ok ? answer : { analysis_error: answer.error, execute_disabled: false });
  } catch {
    // Left for a newer text, or no answer: the server looks again when the form is sent.
    if (own === running) submit.disabled = false;
  }
}

if (form && section && submit) {
  form.addEventListener("sql-change", analyze);
  // What is being sent is no longer asked about.
  form.addEventListener("submit", () => running?.abort());
  analyze();
}
