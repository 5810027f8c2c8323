// Which alert is worst, and how alerts of one cause are presented as one. Pure.

const PRIORITY = { high: 3, medium: 2, low: 1 };
export const MARKS = { high: "***", medium: "**", low: "*" };

/** Raised and not answered by a person. */
export const isUnanswered = (alert) => alert.state === "active" || alert.state === "latched";
const isRaised = (alert) => isUnanswered(alert) || alert.state === "acknowledged";

/** A number that orders alerts: raised above pending, then priority, then unanswered, then the patient above the device. */
export function urgency(alert) {
  const priority = PRIORITY[alert.priority] ?? 0;
  if (!isRaised(alert)) return alert.state === "pending" ? priority : 0;
  return priority * 10 + (isUnanswered(alert) ? 4 : 0) + (alert.kind === "physiological" ? 2 : 0);
}

/** The worst of a session; 0 where it has none. */
export function urgencyOf(alerts) {
  return alerts.reduce((worst, alert) => Math.max(worst, urgency(alert)), 0);
}

/** How an alert is shown: its shape, colour class and mark. A technical one keeps the asterisks of its priority. */
export function signOf(alert) {
  const isTechnical = alert.kind === "technical";
  return { tone: isTechnical ? "technical" : alert.priority, mark: MARKS[alert.priority] ?? "", priority: alert.priority };
}

/** The tone of the worst raised alert about a vital sign; null where there is none. */
export function toneOf(alerts, vitals) {
  const about = alerts.filter((alert) => vitals.includes(alert.vital) && isRaised(alert)).sort((a, b) => urgency(b) - urgency(a));
  return about.length ? signOf(about[0]).tone : null;
}

/** Alerts of one cause as one group, the most urgent first: [{head, others, unanswered}], worst group first, older first among equals. */
export function groups(alerts) {
  const byCause = new Map();
  for (const alert of alerts) {
    const cause = alert.cause || alert.id;
    byCause.set(cause, [...(byCause.get(cause) ?? []), alert]);
  }
  const found = [...byCause.values()].map((members) => {
    const [head, ...others] = [...members].sort((a, b) => urgency(b) - urgency(a) || a.since_ms - b.since_ms);
    return { head, others, unanswered: members.filter(isUnanswered).sort((a, b) => urgency(b) - urgency(a)) };
  });
  return found.sort((a, b) => urgency(b.head) - urgency(a.head) || a.head.since_ms - b.head.since_ms);
}

/** What a tile shows: the worst group, and below it the worst unanswered one if that is another. */
export function tileLines(alerts) {
  const all = groups(alerts);
  const lines = all.slice(0, 1);
  const unanswered = all.find((group) => group.unanswered.length);
  if (unanswered && unanswered !== lines[0]) lines.push(unanswered);
  return { lines, more: all.length - lines.length };
}

/** Unanswered groups of all sessions by tone: {high, medium, low, technical}. */
export function counts(sessions) {
  const found = { high: 0, medium: 0, low: 0, technical: 0 };
  for (const session of sessions) {
    for (const group of groups(session.alerts)) if (group.unanswered.length) found[signOf(group.unanswered[0]).tone] += 1;
  }
  return found;
}

/** The highest priority that nobody has answered in any session: "high", "medium", "low" or null. */
export function loudest(sessions) {
  let worst = 0;
  for (const session of sessions) {
    for (const alert of session.alerts) if (isUnanswered(alert)) worst = Math.max(worst, PRIORITY[alert.priority] ?? 0);
  }
  return Object.keys(PRIORITY).find((name) => PRIORITY[name] === worst) ?? null;
}

/** Alerts that are raised now and were not before: what is read out to a screen reader. */
export function newlyRaised(before, sessions) {
  const now = new Set();
  const fresh = [];
  for (const session of sessions) {
    for (const alert of session.alerts.filter(isUnanswered)) {
      const key = `${session.id} ${alert.id} ${alert.state}`;
      now.add(key);
      if (before !== null && !before.has(key)) fresh.push({ session, alert });
    }
  }
  return { now, fresh };
}
