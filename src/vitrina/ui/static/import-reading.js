// How the text of an imported file is read: its encoding and its delimiter, found by the server or chosen here.

function options(known, found) {
  const names = found in known ? known : { ...known, [found]: found };
  return Object.entries(names).map(([value, words]) => {
    const text = value === found ? `${words} (found)` : words;
    return Object.assign(document.createElement("option"), { value, textContent: text, selected: value === found });
  });
}

// A mark at the beginning of the file belongs to no other encoding.
const plain = (encoding) => encoding.replace("-sig", "");

/**
 * Fills the two choices of `form` with what was found; `known` has {encodings, delimiters}: value → words.
 *
 * What does not apply to the format is hidden. Nothing is called until somebody chooses.
 */
export function showReading(form, found, known) {
  const { encoding, delimiter } = form.elements;
  encoding.replaceChildren(...options(known.encodings, plain(found.encoding)));
  delimiter.replaceChildren(...options(known.delimiters, found.delimiter));
  encoding.closest("p").hidden = !found.encoding;
  delimiter.closest("p").hidden = !found.delimiter;
}

/** What is chosen, as the import takes it; as it was found where nobody chose. */
export function chosenReading(form, found) {
  const { encoding, delimiter } = form.elements;
  const reading = { format: found.format };
  if (found.encoding) reading.encoding = encoding.value === plain(found.encoding) ? found.encoding : encoding.value;
  if (found.delimiter) reading.delimiter = delimiter.value;
  return reading;
}
