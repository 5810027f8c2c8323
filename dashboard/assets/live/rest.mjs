// Calls to /api/v1. Every answer is {ok, body, detail, reason, isUnknown}; nothing here throws.

const TIMEOUT_MS = 15_000; // the monitor itself answers within ten seconds, if only to say that it cannot

async function call(method, path, body) {
  const init = { method, cache: "no-store", headers: { accept: "application/json" }, signal: AbortSignal.timeout(TIMEOUT_MS) };
  if (body !== undefined) Object.assign(init, { body: JSON.stringify(body), headers: { ...init.headers, "content-type": "application/json" } });
  let answer;
  try {
    answer = await fetch(`/api/v1${path}`, init);
  } catch (error) {
    return { ok: false, body: null, status: 0, detail: error.message, reason: "no_answer", isUnknown: true };
  }
  const text = await answer.text().catch(() => "");
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
export const post = (path, body = {}) => call("POST", path, body);
export const remove = (path) => call("DELETE", path);
