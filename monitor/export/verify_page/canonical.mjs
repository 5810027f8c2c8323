// Canonical JSON: keys sorted, no white space, the shortest escapes, integers only. What is read must be what would be written.
import { Refused } from "./words.mjs";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const MAX_LINE = 8 * 1024 * 1024;

export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
  }
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new Error("it holds a number that is not an integer below 2^53");
  if (typeof value === "string" && !value.isWellFormed()) throw new Error("it holds half a character");
  return JSON.stringify(value);
}

// The object on a line that ends in LF. `where` goes into what is thrown.
export function readLine(bytes, where) {
  const wrong = (what) => new Refused(what, where);
  if (bytes.at(-1) !== 10) throw wrong("the file ends within this line: it was cut off");
  if (bytes.length > MAX_LINE) throw wrong("longer than a line may be");
  let text, value;
  try {
    text = decoder.decode(bytes.subarray(0, -1));
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(error instanceof SyntaxError ? "not JSON" : "not UTF-8");
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw wrong("not a JSON object");
  let written;
  try {
    written = canonical(value);
  } catch (error) {
    throw wrong(error.message);
  }
  if (written !== text) throw wrong("not in canonical form (keys sorted, no white space, shortest escapes): edited, or written by something else");
  return value;
}

export const hasKeys = (value, keys) =>
  value !== null && typeof value === "object" && !Array.isArray(value) && Object.keys(value).sort().join() === [...keys].sort().join();

export const isEqual = (one, other) => canonical(one) === canonical(other);

export function without(value, name) {
  const rest = { ...value };
  delete rest[name];
  return rest;
}
