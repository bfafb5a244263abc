// The files of a drop or paste, those inside of dropped folders included.

function children(folder) {
  const reader = folder.createReader();
  return new Promise((resolve, reject) => {
    const found = [];
    const more = () => reader.readEntries((entries) => (entries.length ? (found.push(...entries), more()) : resolve(found)), reject);
    more();
  });
}

async function filesOf(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const found = [];
  for (const child of await children(entry)) found.push(...(await filesOf(child)));
  return found;
}

/** A list of File objects; must be called while the event is handled. */
export async function droppedFiles(transfer) {
  const plain = [...transfer.files];
  const entries = [...(transfer.items || [])].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return plain;
  const found = await Promise.all(entries.map((entry) => filesOf(entry).catch(() => [])));
  return found.flat();
}
