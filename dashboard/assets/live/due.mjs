// What is to be observed and when: the rules' own checks and the schedule of the protocols in one list. Pure.

import { observed } from "./care.mjs";

const MINUTE = 60_000;
const EARLY_MS = 5 * MINUTE; // what was done so shortly before its one time counts for it

/** Everything that is due in this session, soonest first: {what, dueInMs}, negative once overdue. `rows`: of /protocols; `checks`: of /limits. */
export function dueList(session, rows, checks, nowMs) {
  const first = session.first_dose_at_ms ?? null;
  if (first === null) return [];
  const schedule = [
    ...checks.map((check) => ({ what: check.sign, phases: check.phases, every_min: check.every_ms / MINUTE })),
    ...rows.filter((row) => isFor(row.treatments, session.order.treatment) && isFor(row.indications, session.indication ?? null)),
  ];
  const soonest = new Map();
  for (const row of schedule) {
    if (!row.phases.includes(session.phase)) continue;
    const dueInMs = dueIn(row, first, lastAt(session, row.what), nowMs);
    if (dueInMs !== null && dueInMs < (soonest.get(row.what) ?? Infinity)) soonest.set(row.what, dueInMs);
  }
  return [...soonest].map(([what, dueInMs]) => ({ what, dueInMs })).sort((a, b) => a.dueInMs - b.dueInMs);
}

/** The next one alone, for a tile; null where nothing is due. */
export function nextDue(session, rows, checks, nowMs) {
  return dueList(session, rows, checks, nowMs)[0] ?? null;
}

function isFor(those, one) {
  return !those?.length || those.includes(one);
}

function dueIn(row, first, last, nowMs) {
  if (row.every_min) return Math.max(first, last ?? -Infinity) + row.every_min * MINUTE - nowMs;
  const at = first + row.at_min * MINUTE;
  return last !== null && last >= at - EARLY_MS ? null : at - nowMs;
}

/** When it was last there: charted, or measured as a value that counts. */
function lastAt(session, what) {
  const vital = session.vitals?.[what];
  if (vital) return vital.value === null ? null : vital.born_ms;
  return observed(session, what)?.at_ms ?? null;
}
