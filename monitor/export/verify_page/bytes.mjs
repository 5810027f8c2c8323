// Bytes, their texts, and SHA-256.
export const utf8 = new TextEncoder();

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", parts.length === 1 ? parts[0] : joined(parts)));

export function joined(parts) {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export const isSame = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);

// Strict: only the one text form of these bytes. Null for anything else.
export function base64(text, size = null) {
  try {
    const raw = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    return (size === null || raw.length === size) && toBase64(raw) === text ? raw : null;
  } catch {
    return null;
  }
}

export const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes));

// 64 lower-case hex digits, or null.
export const digestOf = (text) =>
  typeof text === "string" && /^[0-9a-f]{64}$/.test(text) ? Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16)) : null;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, start) => {
  let value = start;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

export function crc32(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = CRC_TABLE[(value ^ byte) & 255] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}
