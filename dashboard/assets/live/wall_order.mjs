// In which order the rooms stand, and when they may change places. Pure.

import { byRoom, urgencyOf } from "./alerts.mjs";

export const MAX_TILES = 120;
export const POINTED_MS = 10_000; // a pointer that rests on the wall for longer points at nothing any more
export const FOCUSED_MS = 60_000; // nor does a focus that somebody left behind

/** At most MAX_TILES sessions. Which ones is always decided by urgency; `order` ("worst" or "room") only says where they stand. */
export function arrange(sessions, order) {
  const worst = (a, b) => urgencyOf(b.alerts) - urgencyOf(a.alerts) || byRoom(a, b);
  const shown = [...sessions].sort(worst).slice(0, MAX_TILES);
  return order === "room" ? shown.sort(byRoom) : shown;
}

/** Whether tiles keep their places: somebody is about to press one. `pointedAt`, `focusedAt`: when last, null where not inside the wall. */
export function isHeld({ at, pointedAt, focusedAt }) {
  return (pointedAt !== null && at - pointedAt < POINTED_MS) || (focusedAt !== null && at - focusedAt < FOCUSED_MS);
}

/** `wanted` ids as `before` had them; what is new stands at the end. */
export function heldOrder(wanted, before) {
  const kept = before.filter((id) => wanted.includes(id));
  return [...kept, ...wanted.filter((id) => !kept.includes(id))];
}
