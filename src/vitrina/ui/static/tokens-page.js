// The page of tokens: says what a pasted token may do, and makes narrower ones from it.

import { narrow, readCaveat, readToken } from "./macaroon.js";
import { describe } from "./token-words.js";

const form = document.querySelector("[data-narrow-token]");
const field = form.elements.token;
const meaning = form.querySelector("[data-token-meaning]");
const choices = form.querySelector("[data-token-choices]");
const result = form.querySelector("[data-token-result]");
const problem = form.querySelector("[data-token-problem]");

function paragraph(text) {
  const node = document.createElement("p");
  node.textContent = text;
  return node;
}

function show(text) {
  const token = readToken(text);
  const issued = new Date(token.issued * 1000).toISOString().slice(0, 10);
  const nodes = [paragraph(`For ${token.actor}, issued on ${issued}. Token ${token.id}.`)];
  if (token.caveats.length) {
    nodes.push(paragraph("It may do what its actor may, and of that:"));
    const list = document.createElement("ul");
    for (const caveat of token.caveats) {
      const item = document.createElement("li");
      item.textContent = describe(readCaveat(caveat));
      list.append(item);
    }
    nodes.push(list);
  } else {
    nodes.push(paragraph("It may do all that its actor may."));
  }
  meaning.replaceChildren(...nodes);
}

function tell(error) {
  problem.textContent = error instanceof SyntaxError ? "This is no token." : error.message;
  problem.hidden = false;
}

function pasted() {
  problem.hidden = true;
  result.hidden = true;
  meaning.replaceChildren();
  choices.hidden = true;
  if (!field.value.trim()) return;
  try {
    show(field.value);
    choices.hidden = false;
  } catch (error) {
    tell(error);
  }
}

const lines = (name) => form.elements[name].value.split(/[\n,]/).map((line) => line.trim()).filter(Boolean);

function chosen() {
  const found = [];
  const tables = lines("tables").map((line) => {
    const cut = line.indexOf("/");
    if (cut < 1 || cut === line.length - 1) throw new Error(`Write ${line} as database/table.`);
    return [line.slice(0, cut), line.slice(cut + 1)];
  });
  if (form.elements.read_only.checked) found.push(["ro"]);
  if (form.elements.no_sql.checked) found.push(["sql", false]);
  if (lines("databases").length) found.push(["db", lines("databases")]);
  if (tables.length) found.push(["res", tables]);
  if (form.elements.expires.value) {
    found.push(["exp", Math.floor(new Date(form.elements.expires.value).getTime() / 1000)]);
  }
  if (form.elements.rows.value) found.push(["rows", Number(form.elements.rows.value)]);
  if (form.elements.note.value) found.push(["note", form.elements.note.value]);
  if (!found.length) throw new Error("Choose at least one restriction.");
  return found;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  problem.hidden = true;
  try {
    const narrowed = await narrow(field.value, chosen());
    form.elements.narrowed.value = narrowed;
    result.hidden = false;
    form.elements.narrowed.select();
  } catch (error) {
    tell(error);
  }
});
field.addEventListener("input", pasted);
form.hidden = false;
pasted();
