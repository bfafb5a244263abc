// What kind of value a column takes: checking text that a person typed, and the value that is sent for it.

const LARGEST = 2n ** 63n;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$/;

/** One of integer, real, number, date, datetime, json, long, email, url, blob, any, text. */
export function kindOf(column) {
  const assigned = column.column_type?.type;
  if (assigned === "json" || assigned === "email" || assigned === "url") return assigned;
  if (assigned === "textarea") return "long";
  const declared = (column.declared_type || "").toUpperCase();
  if (/^DATE$/.test(declared)) return "date";
  if (/^(DATETIME|TIMESTAMP)/.test(declared)) return "datetime";
  if (declared.includes("BLOB")) return "blob";
  const affinity = { INTEGER: "integer", REAL: "real", NUMERIC: "number", TEXT: "text" };
  return affinity[column.sqlite_type] || (declared ? "text" : "any");
}

/** What is wrong with `text` for this kind, as a sentence; "" where nothing is. */
export function problemOf(kind, text) {
  if (text === "") return "";
  switch (kind) {
    case "integer":
      return integerProblem(text.trim());
    case "real":
      return Number.isFinite(Number(text)) && text.trim() ? "" : "A number is needed, such as 3.14.";
    case "date":
      return DATE.test(text) && isDay(text) ? "" : "A date is needed, such as 2026-05-01.";
    case "datetime":
      return DATE_TIME.test(text) && isDay(text.slice(0, 10)) ? "" : "A date and time is needed, such as 2026-05-01 13:34:00.";
    case "json":
      return jsonProblem(text);
    case "email":
      return /^[^@\s]+@[^@\s]+$/.test(text.trim()) ? "" : "An address is needed, such as ann@example.org.";
    case "url":
      return /^https?:\/\/\S+$/i.test(text.trim()) ? "" : "An address is needed that begins with http:// or https://.";
    default:
      return "";
  }
}

function integerProblem(text) {
  if (!/^[+-]?\d+$/.test(text)) return "A whole number is needed, such as 42.";
  const number = BigInt(text.replace(/^\+/, ""));
  return number < -LARGEST || number >= LARGEST ? "This number is too large: SQLite holds 64 bits." : "";
}

// A day that does not exist moves into the next month.
function isDay(text) {
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10) === text;
}

function jsonProblem(text) {
  try {
    JSON.parse(text);
    return "";
  } catch (error) {
    return `This is not JSON: ${error.message}`;
  }
}

/** `text` as JSON sends it; a number that JavaScript would round goes as text, which SQLite reads exactly. */
export function valueOf(kind, text) {
  if (!["integer", "real", "number"].includes(kind)) return text;
  const trimmed = text.trim();
  const number = Number(trimmed);
  if (trimmed === "" || !Number.isFinite(number)) return text;
  if (Number.isInteger(number) && !Number.isSafeInteger(number)) return trimmed;
  return kind === "number" && String(number) !== trimmed ? text : number;
}

/** A value of the server as text in a field. */
export function asText(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Whether a value is a blob as JSON has it. */
export function isBlob(value) {
  return Boolean(value && typeof value === "object" && value.$base64 === true && typeof value.encoded === "string");
}

/** The bytes of a blob as JSON has it. */
export function bytesOf(blob) {
  return Math.floor((blob.encoded.replace(/=+$/, "").length * 3) / 4);
}
