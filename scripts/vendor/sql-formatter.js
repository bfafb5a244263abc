// What Vitrina uses of sql-formatter, as one module: SQLite's dialect only.

import { formatDialect, sqlite } from "sql-formatter";

/** `text` laid out by clauses; throws when it cannot be read. */
export function formatSql(text) {
  return formatDialect(text, { dialect: sqlite, tabWidth: 2, keywordCase: "preserve", paramTypes: { named: [":", "@", "$"] } });
}
