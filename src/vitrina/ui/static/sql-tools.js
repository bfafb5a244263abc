// Beside the SQL form: the plan of the query on demand, and the history that stays in this browser.

import { currentSql, replaceSql } from "./sql.js";

const KEPT = 30;
const form = document.querySelector("form.sql");
const buttons = form?.querySelector(".sql-buttons");
const place = document.body.className.match(/\bdb-(\S+)/)?.[1] || "";
const key = `vitrina-sql-${place}`;

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(key)) || [];
  } catch {
    return [];
  }
}

function remember(text) {
  const sql = text.trim();
  if (!sql) return;
  const others = remembered().filter((entry) => entry !== sql);
  try {
    localStorage.setItem(key, JSON.stringify([sql, ...others].slice(0, KEPT)));
  } catch {
    // Storage is full or forbidden: nothing is remembered.
  }
}

function startHistory() {
  const entries = remembered();
  if (!entries.length || !document.getElementById("sql-editor")) return;
  const box = document.createElement("details");
  box.className = "sql-history";
  const summary = Object.assign(document.createElement("summary"), { textContent: `History (${entries.length})` });
  const list = document.createElement("ol");
  for (const entry of entries) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button-as-link", textContent: entry });
    button.addEventListener("click", () => {
      replaceSql(entry);
      box.open = false;
    });
    const line = document.createElement("li");
    line.append(button);
    list.append(line);
  }
  box.append(summary, list);
  buttons.after(box);
}

function planUrl() {
  const base = (form.dataset.parametersUrl || "").replace(/\/parameters$/, ".json");
  const url = new URL(base, location.href);
  for (const field of form.querySelectorAll("[data-parameter-control]")) url.searchParams.set(field.name, field.value);
  url.searchParams.set("sql", `explain query plan ${currentSql().trim().replace(/;\s*$/, "")}`);
  url.searchParams.set("_shape", "objects");
  return url;
}

// Rows of "explain query plan" name their parent: the tree is drawn by indentation.
function tree(rows) {
  const depth = new Map([[0, -1]]);
  return rows
    .map((row) => {
      depth.set(row.id, (depth.get(row.parent) ?? -1) + 1);
      return `${"   ".repeat(depth.get(row.id))}${row.detail}`;
    })
    .join("\n");
}

async function showPlan(output) {
  const response = await fetch(planUrl(), { headers: { Accept: "application/json" } });
  const answer = await response.json();
  output.hidden = false;
  output.textContent = answer.ok ? tree(answer.rows) : answer.error;
}

function startPlan() {
  const output = Object.assign(document.createElement("pre"), { className: "sql-plan", hidden: true });
  output.setAttribute("role", "status");
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Plan" });
  button.title = "How SQLite would run this query";
  button.addEventListener("click", () => showPlan(output).catch(() => (output.textContent = "The server did not answer.")));
  buttons.querySelector('input[type="submit"]').after(" ", button);
  buttons.after(output);
}

if (form && buttons && form.method === "get") {
  startHistory();
  startPlan();
  form.addEventListener("submit", () => remember(currentSql()));
  if (document.body.classList.contains("query")) remember(currentSql());
}
