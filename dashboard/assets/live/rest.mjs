// Calls to /api/v1. Every answer is {ok, body, detail, reason, isUnknown, wasDone}; nothing here throws.
//
// A change that gets no answer is sent again, by itself and when a person tries again, under the id it had: the monitor does it once
// (`wasDone`: it had been done already).

import { requestIds } from "./request_ids.mjs";

const TIMEOUT_MS = 15_000; // the monitor itself answers within ten seconds, if only to say that it cannot
const AGAIN_AFTER_MS = [400, 1_200]; // after no answer
const AGAIN_WITHIN_MS = 15_000; // of the first try: whoever waits for "saved" is told by then
let underWay = 0;
const ids = requestIds(() => crypto.randomUUID?.() ?? fromRandomBytes());

/** Where the page came over plain HTTP the browser has no randomUUID. */
function fromRandomBytes() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function change(method, path, body) {
  const id = ids.of(method, path, body);
  const since = performance.now();
  let answer = await call(method, path, body, id);
  for (const wait of AGAIN_AFTER_MS) {
    if (!answer.isUnknown || performance.now() - since > AGAIN_WITHIN_MS) break;
    await new Promise((resolve) => setTimeout(resolve, wait));
    answer = await call(method, path, body, id);
  }
  if (!answer.isUnknown && answer.status !== 503) ids.answered(path); // 503: taken perhaps, and not on record yet
  return { ...answer, wasDone: answer.body?.was_done === true };
}

/** Whether no call waits for its answer. */
export const isQuiet = () => underWay === 0;

/** Waits for `answer` as for one of our own calls. */
export async function awaited(answer) {
  underWay += 1;
  try {
    return await answer;
  } finally {
    underWay -= 1;
  }
}

const call = (...given) => awaited(ask(...given));

async function ask(method, path, body, id = null) {
  const init = { method, cache: "no-store", headers: { accept: "application/json" }, signal: AbortSignal.timeout(TIMEOUT_MS) };
  if (id !== null) init.headers["idempotency-key"] = id;
  if (body !== undefined) Object.assign(init, { body: JSON.stringify(body), headers: { ...init.headers, "content-type": "application/json" } });
  let [answer, text] = [null, ""];
  try {
    answer = await fetch(`/api/v1${path}`, init);
    text = await answer.text(); // an answer that breaks off is none
  } catch (error) {
    return { ok: false, body: null, status: 0, detail: error.message, reason: "no_answer", isUnknown: true };
  }
  const parsed = parse(text);
  if (answer.status === 401) location.assign(`/auth/login?next=${encodeURIComponent(location.pathname)}`);
  if (answer.ok) return { ok: true, body: parsed, status: answer.status, detail: "", reason: null, isUnknown: false };
  return { ok: false, body: parsed, status: answer.status, detail: detailOf(answer, parsed), reason: parsed?.reason ?? null, isUnknown: answer.status >= 500 && !parsed?.detail };
}

function parse(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

/** The words of a problem (RFC 9457): its detail, with the place of each error where it names any. */
function detailOf(answer, problem) {
  const errors = (problem?.errors ?? []).map((error) => `${error.where}: ${error.detail}`);
  return [problem?.detail ?? problem?.title ?? `${answer.status} ${answer.statusText}`, ...errors].join("; ");
}

export const get = (path) => call("GET", path);
export const post = (path, body = {}) => change("POST", path, body);
export const remove = (path) => change("DELETE", path);
