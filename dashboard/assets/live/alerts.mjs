// Which alert is worst, and what of a session's alerts is presented, as the monitor groups them: one for each cause. Pure.

const PRIORITY = { high: 3, medium: 2, low: 1 };
export const MARKS = { high: "***", medium: "**", low: "*" };

/** Raised and not answered by a person. */
export const isUnanswered = (alert) => alert.state === "active" || alert.state === "latched";
export const isRaised = (alert) => isUnanswered(alert) || alert.state === "acknowledged";

/** A number that orders alerts: raised above pending, then priority, unanswered, the patient above the device, there now above over. */
export function urgency(alert) {
  const priority = PRIORITY[alert.priority] ?? 0;
  if (!isRaised(alert)) return alert.state === "pending" ? priority : 0;
  return priority * 10 + (isUnanswered(alert) ? 4 : 0) + (alert.kind === "physiological" ? 2 : 0) + (alert.state === "active" ? 1 : 0);
}

/** The worst of a session; 0 where it has none. */
export function urgencyOf(alerts) {
  let worst = 0;
  for (const alert of alerts) worst = Math.max(worst, urgency(alert));
  return worst;
}

const MOST_NAMES = 10_000;
const names = new Map(); // a room's name, or an id -> what it is ordered by. Comparing as people do costs too much for a ward of a thousand rooms.

/** Letters without case and marks, numbers by their value: "room 2" before "Room 10". */
function orderOf(name) {
  let order = names.get(name);
  if (order === undefined) {
    if (names.size >= MOST_NAMES) names.clear();
    order = name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/\d+/g, (digits) => digits.padStart(15, "0"));
    names.set(name, order);
  }
  return order;
}

function compare(a, b) {
  const [one, other] = [orderOf(a), orderOf(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Of equal urgency the rooms stand by name, on the wall, in the strip and in the bar: one room is the worst, whoever names it. */
export const byRoom = (a, b) => compare(a.room, b.room) || compare(a.id, b.id);

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

const byUrgency = (a, b) => urgency(b) - urgency(a) || a.since_ms - b.since_ms;

function group(members, calls) {
  const unanswered = members.filter(isUnanswered).sort(byUrgency);
  return { head: members[0], others: members.slice(1), unanswered, sounds: calls && unanswered.length > 0 };
}

/**
 * What is raised, as the monitor presents it: [{head, others, unanswered, sounds}], one group for each cause, in its order. A raised alert
 * that the monitor did not name in `presented` is shown all the same, and sounds unless the sound is paused: nothing is ever left out.
 * Found once for what a session says of its alerts: a ward is drawn several times a second and they seldom change.
 */
export function presentedOf(session) {
  const { alerts, presented, audio_paused_until_ms: until } = session;
  const known = found.get(alerts);
  if (known !== undefined && known.presented === presented && known.until === until) return known.groups;
  const groups = groupsOf(session);
  found.set(alerts, { presented, until, groups });
  return groups;
}

const found = new WeakMap(); // a session's list of alerts -> what was made of it

function groupsOf(session) {
  const byId = new Map(session.alerts.map((alert) => [alert.id, alert]));
  const named = new Set();
  const groups = [];
  for (const one of session.presented ?? []) {
    const members = [one.alert, ...one.also].map((id) => byId.get(id)).filter((alert) => alert && isRaised(alert));
    for (const alert of members) named.add(alert.id);
    if (members.length) groups.push(group(members, one.sound));
  }
  const left = session.alerts.filter((alert) => isRaised(alert) && !named.has(alert.id)).sort(byUrgency);
  const isPaused = (session.audio_paused_until_ms ?? null) !== null;
  for (const cause of new Set(left.map(causeOf))) groups.push(group(left.filter((alert) => causeOf(alert) === cause), !isPaused));
  return groups;
}

const causeOf = (alert) => alert.cause || alert.id;

/** Conditions whose onset time still runs, the worst first. */
export function pendingOf(session) {
  return session.alerts.filter((alert) => alert.state === "pending").sort(byUrgency);
}

/**
 * What a tile shows: as `lines` the highest alert, and below it the highest unanswered one of another cause where the first is answered or
 * both are high; as `rest` every other raised one, by name, the worst first. While nothing is raised, what may be. A tile with room for
 * one line (`most` 1) gives it to the unanswered one.
 */
export function tileAlerts(session, most = 2) {
  const groups = presentedOf(session);
  if (!groups.length) return { lines: pendingOf(session).slice(0, 1), rest: [] };
  let lines = [groups[0].head];
  const isAnswered = !isUnanswered(lines[0]);
  const next = groups.slice(isAnswered ? 0 : 1).find((one) => one.unanswered.length)?.unanswered[0];
  if (next && (isAnswered || next.priority === "high")) lines.push(next);
  if (lines.length > most) lines = isAnswered ? [next] : [lines[0]];
  const rest = groups.flatMap((one) => [one.head, ...one.others]).filter((alert) => !lines.includes(alert)).sort(byUrgency);
  return { lines, rest };
}

/** The priority of the highest alert that nobody has answered: it sets how a tile flashes. Null where there is none. */
export function flashOf(session) {
  const worst = session.alerts.filter(isUnanswered).sort(byUrgency)[0];
  return worst ? worst.priority : null;
}

/** Unanswered groups of all sessions by tone: {high, medium, low, technical}. */
export function counts(sessions) {
  const found = { high: 0, medium: 0, low: 0, technical: 0 };
  for (const session of sessions) {
    for (const one of presentedOf(session)) if (one.unanswered.length) found[signOf(one.unanswered[0]).tone] += 1;
  }
  return found;
}

/** The highest priority that calls in any session: "high", "medium", "low" or null. A paused session does not call. */
export function loudest(sessions) {
  let worst = 0;
  for (const session of sessions) {
    for (const one of presentedOf(session)) if (one.sounds) worst = Math.max(worst, PRIORITY[one.unanswered[0].priority] ?? 0);
  }
  return Object.keys(PRIORITY).find((name) => PRIORITY[name] === worst) ?? null;
}

/** The session that calls loudest; null where none does. */
export function loudestSession(sessions) {
  const calling = sessions.filter((session) => presentedOf(session).some((one) => one.sounds));
  return calling.sort((a, b) => urgencyOf(b.alerts) - urgencyOf(a.alerts) || byRoom(a, b))[0] ?? null;
}

/** What other rooms than the open one have that nobody has answered, the worst room first: [{session, alert, rest}], the highest and the others. */
export function elsewhere(sessions, openId) {
  const found = [];
  for (const session of sessions) {
    const [alert, ...rest] = session.id === openId ? [] : session.alerts.filter(isUnanswered).sort(byUrgency);
    if (alert) found.push({ session, alert, rest });
  }
  return found.sort((a, b) => urgency(b.alert) - urgency(a.alert) || byRoom(a.session, b.session));
}

/** What stands in the bar of every page, {session, alert} or null: the worst that nobody has answered, of `all` rooms or of the open one alone. */
export function inBar(sessions, openId, all) {
  return elsewhere(all ? sessions : sessions.filter((session) => session.id === openId), null)[0] ?? null;
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
