// JSON of this server with numbers that JavaScript would round kept as text.

function keep(key, value, context) {
  const rounded = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
  return rounded && context?.source ? context.source : value;
}

/** Parses JSON; integers beyond 2⁵³ become text where the browser gives their source. */
export function parseExactly(text) {
  return JSON.parse(text, keep);
}
