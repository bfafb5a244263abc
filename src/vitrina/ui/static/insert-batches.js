// Many rows in requests that the server takes; rows that it refuses are found and told, the others are inserted.

import { Refused, send } from "./ask.js";

// Refused rows after which nothing more is tried: something is wrong with all of them.
const MOST_REFUSED = 25;

function batchesOf(rows, most, maxBytes) {
  const batches = [];
  let batch = [];
  let bytes = 0;
  for (const item of rows) {
    const size = new Blob([JSON.stringify(item.values)]).size + 1;
    if (batch.length && (batch.length >= most || bytes + size > maxBytes)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(item);
    bytes += size;
  }
  if (batch.length) batches.push(batch);
  return batches;
}

/**
 * Inserts `rows`, objects {at, values}; gives {inserted: [at…], refused: Map at → message, left: how many not tried}.
 *
 * `progress(done, all)` is told after each request. Of a batch that is refused each half is tried, down to the guilty
 * rows. Throws where the server cannot be asked or refuses whoever asks.
 */
export async function insertBatches({ path, rows, most, maxBytes, progress, signal }) {
  const result = { inserted: [], refused: new Map(), left: 0 };
  const waiting = batchesOf(rows, most, maxBytes ? maxBytes * 0.9 : Infinity);
  while (waiting.length) {
    if (signal?.aborted || result.refused.size >= MOST_REFUSED) break;
    const batch = waiting.shift();
    try {
      await send(path, { rows: batch.map((item) => item.values) });
      result.inserted.push(...batch.map((item) => item.at));
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 400) {
        throw Object.assign(error, { result });
      }
      if (batch.length === 1) result.refused.set(batch[0].at, error.message);
      else waiting.unshift(batch.slice(0, batch.length >> 1), batch.slice(batch.length >> 1));
    }
    progress(result.inserted.length + result.refused.size, rows.length);
  }
  result.left = waiting.reduce((sum, batch) => sum + batch.length, 0);
  return result;
}
