// Which stretch of time the record shows: chosen windows, zoom and pan. Pure. A range is [from, until] in ms.

import { phaseSince } from "./course.mjs";

export const NARROWEST_MS = 60_000;
const LEAD_MS = 300_000; // of the baseline before the start
const SHORTEST_MS = 600_000;
const AFTER_MS = 900_000; // of the time after the planned end: what is predicted has its place, and the paper does not move under the pen
const AHEAD = 0.02;
const STEP = 1.6;
const PAN = 0.2;

/** The range of a chosen window ("start", "all" or minutes), with a little room on the right. `firstMs`: the first value known. */
export function chosenRange(key, session, nowMs, firstMs) {
  const began = session.started_at_ms === null ? phaseSince(session) : session.started_at_ms - LEAD_MS;
  const all = Math.min(firstMs ?? session.created_at_ms, session.created_at_ms);
  const from = { start: Math.max(began, session.created_at_ms), all }[key] ?? nowMs - Number(key) * 60_000;
  const planned = key === "start" && session.started_at_ms !== null ? session.started_at_ms + session.order.duration_ms + AFTER_MS : 0;
  const until = Math.max(nowMs, planned, from + SHORTEST_MS);
  return [from, until + (until - from) * AHEAD];
}

/** `whole` bounds what can be reached: a range is moved, then cut, to lie in it. */
export function within([from, until], [first, last]) {
  const length = Math.min(Math.max(until - from, NARROWEST_MS), last - first);
  const start = Math.min(Math.max(from, first), last - length);
  return [start, start + length];
}

/** Nearer (`isIn`) or farther, about the middle of the range. */
export function zoomed([from, until], isIn, whole) {
  const middle = (from + until) / 2;
  const half = ((until - from) / 2) * (isIn ? 1 / STEP : STEP);
  return within([middle - half, middle + half], whole);
}

/** A fifth of the range earlier (-1) or later (+1). */
export function panned([from, until], way, whole) {
  const by = (until - from) * PAN * way;
  return within([from + by, until + by], whole);
}

/** What a key does to the range: a new range, null for "back to live", undefined for nothing. */
export function keyed(key, range, whole) {
  switch (key) {
    case "+":
    case "=":
      return zoomed(range, true, whole);
    case "-":
    case "_":
      return zoomed(range, false, whole);
    case "ArrowLeft":
      return panned(range, -1, whole);
    case "ArrowRight":
      return panned(range, 1, whole);
    case "0":
      return null;
    default:
      return undefined;
  }
}
