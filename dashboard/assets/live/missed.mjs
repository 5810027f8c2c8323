// What happened to alerts while this screen could not show it: it slept, was frozen, or had no word from the monitor. Pure.

import { isRaised, urgency } from "./alerts.mjs";

export const GAP_MS = 5_000; // between two draws, which come three times a second: the page was frozen
export const SETTLE_MS = 5_000; // what was missed comes in for some moments after the return
export const MAX_LINES = 12;

/** Nothing missed yet. */
export const present = () => ({ drawnAt: null, live: null, away: null });

/**
 * The memory after a draw. `live`: {state, nowMs} of the last draw that was live. `away`: null, or {from, untilMs, backAt, isOver}: what was known
 * before, until when, when the screen came back. An absence that nobody has dismissed yet grows with the next one.
 */
export function follow(memory, { at, feed, nowMs, state }) {
  const wasFrozen = memory.drawnAt !== null && at - memory.drawnAt > GAP_MS;
  const isAway = memory.live !== null && (feed !== "live" || wasFrozen);
  let { away, live } = memory;
  if (isAway && (away === null || away.backAt !== null)) away = { from: away?.from ?? live, untilMs: null, backAt: null };
  if (feed === "live") {
    if (away !== null && away.backAt === null) away = { ...away, untilMs: nowMs, backAt: at };
    live = { state, nowMs };
  }
  return { drawnAt: at, live, away };
}

/** Whether the list of an absence may still change. */
export const isSettling = (away, at) => away.backAt !== null && at - away.backAt < SETTLE_MS;

/** What was missed: [{session, room, alert or title, how: "began" | "passed" | "answered" | "ended"}], the worst first. `untilMs`: the return. */
export function whatWasMissed(from, state, untilMs = Infinity) {
  const [before, now] = [raised(from.state), raised(state)];
  const found = [];
  for (const [key, one] of now) {
    const known = before.get(key);
    if (known === undefined && (one.alert.raised_at_ms ?? 0) > untilMs) continue; // since the return: everybody sees it begin
    if (known === undefined) found.push({ ...one, how: "began" });
    else if (known.alert.state !== "acknowledged" && one.alert.state === "acknowledged") found.push({ ...one, how: "answered" });
  }
  for (const [key, one] of before) if (!now.has(key)) found.push({ ...one, how: "ended" });
  return [...found.sort((a, b) => urgency(b.alert) - urgency(a.alert)), ...passed(from, state, before, now)];
}

function raised(state) {
  const found = new Map();
  for (const session of Object.values(state.sessions)) {
    for (const alert of session.alerts.filter(isRaised)) found.set(`${session.id} ${alert.id}`, { session: session.id, room: session.room, alert });
  }
  return found;
}

/** Alerts that the journal tells of and that are neither in what was known before nor in what is there now: they came and went. */
function passed(from, state, before, now) {
  const found = new Map();
  for (const session of Object.values(state.sessions)) {
    for (const { kind, at_ms: at, text } of state.journal[session.id] ?? []) {
      const [id] = text.split(" ");
      const key = `${session.id} ${id}`;
      if (kind !== "alert_changed" || at <= from.nowMs || before.has(key) || now.has(key) || found.has(key)) continue;
      if (/ (raised|is there again)\b/.test(text)) found.set(key, { session: session.id, room: session.room, alert: null, title: text.slice(id.length + 1), how: "passed" });
    }
  }
  return [...found.values()];
}
