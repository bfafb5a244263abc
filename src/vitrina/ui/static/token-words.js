// What the restrictions of a token mean, in words.

const time = (seconds) => {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
};
const list = (names) => names.join(", ");

function allowed({ a = [], d = {}, r = {} }) {
  const parts = a.length ? [list(a)] : [];
  for (const [database, actions] of Object.entries(d)) parts.push(`${list(actions)} in ${database}`);
  for (const [database, resources] of Object.entries(r)) {
    for (const [name, actions] of Object.entries(resources)) parts.push(`${list(actions)} on ${database}/${name}`);
  }
  return parts.length ? `only ${parts.join("; ")}` : "nothing";
}

const WORDS = {
  exp: (value) => `until ${time(value)}`,
  nbf: (value) => `not before ${time(value)}`,
  act: (value) => (value.length ? `only the actions ${list(value)}` : "no action at all"),
  db: (value) => (value.length ? `only in the databases ${list(value)}` : "in no database"),
  res: (value) => (value.length ? `only ${list(value.map((pair) => pair.join("/")))}` : "no table or query"),
  allow: allowed,
  ro: () => "only reading",
  sql: () => "no SQL of one's own",
  rows: (value) => `at most ${value.toLocaleString("en")} rows in one answer`,
  ms: (value) => `at most ${value.toLocaleString("en")} ms for one query`,
  ip: (value) => (value.length ? `only from ${list(value)}` : "from no address"),
  note: (value) => `note: ${value}`,
};

export function describe(restriction) {
  try {
    return WORDS[restriction[0]](restriction[1]);
  } catch {
    return "a restriction that is not understood here; the server refuses the token";
  }
}
