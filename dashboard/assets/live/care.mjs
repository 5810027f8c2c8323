// What is charted of a session, what is due, what a form may send. Pure.

/** What stands of a sign, {at_ms, by, sign, value}; null where nobody has charted it. */
export function observed(session, sign) {
  return (session.observations ?? []).find((one) => one.sign === sign) ?? null;
}

/** The session's next response check by the rules' own times: {dueInMs, isFirst}, negative once overdue; null where none is asked for now. */
export function checkDue(session, checks, nowMs) {
  const due = checks
    .filter((check) => check.phases.includes(session.phase))
    .map((check) => {
      const last = observed(session, check.sign)?.at_ms ?? null;
      const since = Math.max(last ?? -Infinity, session.started_at_ms ?? session.phase_since_ms);
      return { dueInMs: since + check.every_ms - nowMs, isFirst: last === null };
    });
  return due.sort((a, b) => a.dueInMs - b.dueInMs)[0] ?? null;
}

/** The step whose gates matter in this phase: "start", "discharge" or null. */
export function gatesBefore(session) {
  if (session.order.treatment === "none") return null;
  return { planned: "start", baseline: "start", recovery: "discharge" }[session.phase] ?? null;
}

/** Findings by what can be done about them: {hard, override, caution}. */
export function byEffect(findings) {
  const found = { hard: [], override: [], caution: [] };
  for (const finding of findings) (found[finding.effect] ?? found.hard).push(finding);
  return found;
}

/** The text of a number field as a whole number within the sign's range; null where it is none. */
export function wholeNumber(text, { low, high }) {
  if (!/^[-+]?\d{1,3}$/.test(text.trim())) return null;
  const value = Number(text);
  return value >= low && value <= high ? value : null;
}

/** Whether a new limit is looser than the one in force: then a rule of high priority waits for a second person. */
export function isLooser(limit, value) {
  return limit.direction === "high" ? value > limit.limit : value < limit.limit;
}

/** Which items of a request an answer finds fault with: the places in "body.items.2". */
export function faultyItems(answer) {
  const found = new Set();
  for (const { where } of answer.body?.errors ?? []) {
    const place = /^body\.items\.(\d+)/.exec(where);
    if (place) found.add(Number(place[1]));
  }
  return found;
}
