// Cells from text: what a spreadsheet puts on the clipboard, or CSV.

/** The character between cells: a tab where the first line has one, else the more frequent of comma and semicolon. */
export function separatorOf(text) {
  const [line] = text.split(/\r?\n/, 1);
  if (line.includes("\t")) return "\t";
  const count = (mark) => line.split(mark).length;
  return count(";") > count(",") ? ";" : ",";
}

/** Rows of cells; quoted cells may hold the separator, line ends and doubled quotes. Lines without text are left out. */
export function parseDelimited(text, separator = separatorOf(text)) {
  const rows = [];
  let row = [];
  let cell = "";
  let quoted = false;
  let at = 0;
  const endCell = () => {
    row.push(cell);
    cell = "";
  };
  const endRow = () => {
    endCell();
    if (row.some((each) => each !== "")) rows.push(row);
    row = [];
  };
  while (at < text.length) {
    const mark = text[at++];
    if (quoted) {
      if (mark !== '"') cell += mark;
      else if (text[at] === '"') cell += text[at++];
      else quoted = false;
    } else if (mark === '"' && cell === "") quoted = true;
    else if (mark === separator) endCell();
    else if (mark === "\n" || mark === "\r") {
      if (mark === "\r" && text[at] === "\n") at += 1;
      endRow();
    } else cell += mark;
  }
  if (cell !== "" || row.length) endRow();
  return rows;
}
