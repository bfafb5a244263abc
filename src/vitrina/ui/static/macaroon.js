// Tokens that their holder can narrow: read one, and add restrictions to it. Nothing leaves the browser.

const PREFIX = "vtk_";
const LONGEST = 8192;
const MOST = 64;
const LONGEST_CAVEAT = 2048;

const utf8 = new TextEncoder();
const strictText = new TextDecoder("utf-8", { fatal: true });

function fromBase64(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function toBase64(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function reader(bytes) {
  let at = 0;
  const number = () => {
    let value = 0;
    for (let factor = 1; factor < 2 ** 28; factor *= 128) {
      const digit = bytes[at++];
      if (digit === undefined) break;
      value += (digit & 127) * factor;
      if (digit < 128) return value;
    }
    throw new Error("This is no token.");
  };
  const field = () => {
    const kind = number();
    if (kind === 0) return { kind };
    const length = number();
    if (at + length > bytes.length) throw new Error("This is no token.");
    at += length;
    return { kind, data: bytes.slice(at - length, at) };
  };
  const section = () => {
    const fields = [];
    for (let next = field(); next.kind !== 0; next = field()) fields.push(next);
    return fields;
  };
  return { section, field, place: () => at };
}

// { actor, id, key, issued, caveats: [bytes], signature: bytes, bytes, caveatsEnd }
export function readToken(text) {
  const token = text.trim();
  if (!token.startsWith(PREFIX) || token.length > LONGEST) throw new Error("This is no token of this kind.");
  let bytes;
  try {
    bytes = fromBase64(token.slice(PREFIX.length));
  } catch {
    throw new Error("This is no token.");
  }
  if (bytes[0] !== 2) throw new Error("This is no token.");
  const input = reader(bytes.subarray(1));
  const header = input.section().find((field) => field.kind === 2);
  if (!header) throw new Error("This is no token.");
  const caveats = [];
  for (let fields = input.section(); fields.length; fields = input.section()) {
    if (fields.length !== 1 || fields[0].kind !== 2) throw new Error("This token has a restriction of a third party.");
    caveats.push(fields[0].data);
  }
  // Where the list of restrictions ends: before its closing zero.
  const caveatsEnd = input.place();
  const signature = input.field();
  if (signature.kind !== 6 || signature.data.length !== 32) throw new Error("This is no token.");
  const said = JSON.parse(strictText.decode(header.data));
  return { actor: said.a, id: said.i, key: said.k, issued: said.t, caveats, signature: signature.data, bytes, caveatsEnd };
}

// A restriction as [name, value], or null where it is none that could be understood.
export function readCaveat(bytes) {
  try {
    const items = JSON.parse(strictText.decode(bytes));
    return Array.isArray(items) && typeof items[0] === "string" ? items : null;
  } catch {
    return null;
  }
}

function written(length) {
  const digits = [];
  for (; length > 127; length = Math.floor(length / 128)) digits.push((length & 127) | 128);
  return [...digits, length];
}

async function hmac(key, message) {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, message));
}

// The token with further restrictions, each an array such as ["exp", 1795000000].
export async function narrow(text, restrictions) {
  if (!globalThis.crypto?.subtle) throw new Error("Narrowing needs a page served over https or from localhost.");
  const token = readToken(text);
  const parts = [...token.bytes.subarray(0, token.caveatsEnd)];
  let signature = token.signature;
  for (const restriction of restrictions) {
    const caveat = utf8.encode(JSON.stringify(restriction));
    if (caveat.length > LONGEST_CAVEAT) throw new Error("One of the restrictions is too long.");
    parts.push(2, ...written(caveat.length), ...caveat, 0);
    signature = await hmac(signature, caveat);
  }
  if (token.caveats.length + restrictions.length > MOST) throw new Error(`A token can have ${MOST} restrictions.`);
  const result = PREFIX + toBase64([...parts, 0, 6, 32, ...signature]);
  if (result.length > LONGEST) throw new Error("The token would get too long.");
  return result;
}
