// What the journal of a session puts on its record: steps, rates, boluses, notes, and when which alert stood. Pure.
//
// Bounds: as many as the journal gives (journal.mjs).

import { infusionBands, plannedRate } from "./course.mjs";

const RAISED = ["active", "acknowledged", "latched"];
const OVER = ["resolved", "withdrawn"];

/** {bands, lines, rates, boluses, notes, alerts}; see the functions below. `entries` in any order; what was made in error is left out. */
export function recordEvents(session, entries, nowMs) {
  const voided = new Set(entries.map((entry) => entry.voids));
  const inOrder = entries.filter((entry) => !voided.has(entry.seq)).sort((a, b) => a.seq - b.seq);
  const { bands, lines } = infusionBands(session, inOrder, nowMs);
  return { bands, lines, rates: rateSpans(session, inOrder, lines, nowMs), boluses: bolusesOf(inOrder), notes: notesOf(inOrder), alerts: alertSpans(session, inOrder, nowMs) };
}

/**
 * The rate over time, [{fromMs, untilMs, ugPerMin}] without the spans in which nothing ran. The start runs at the planned rate and a resumed
 * infusion at the one before the pause, until another is recorded: as the monitor itself counts (monitor/core/engine.py).
 */
function rateSpans(session, entries, lines, nowMs) {
  const changes = lines.map(({ atMs, what }) => ({ atMs, what }));
  for (const entry of entries) if (entry.kind === "rate_set" && entry.rate_ug_per_min !== undefined) changes.push({ atMs: entry.at_ms, what: "set", to: entry.rate_ug_per_min });
  changes.sort((a, b) => a.atMs - b.atMs); // stable: a rate set at the instant of a step comes after it
  const spans = [];
  let rate = 0;
  let kept = plannedRate(session.order);
  let from = 0;
  const until = (atMs) => {
    if (rate > 0 && atMs > from) spans.push({ fromMs: from, untilMs: atMs, ugPerMin: rate });
    from = atMs;
  };
  for (const { atMs, what, to } of changes) {
    until(atMs);
    if (what === "set") kept = rate = to;
    else if (what === "start" || what === "resume") rate = kept;
    else rate = 0;
  }
  until(nowMs);
  return spans;
}

/** Given by `atMs`, in micrograms: the integral of the spans and the boluses. */
export function givenBy({ rates, boluses }, atMs) {
  const infused = rates.reduce((sum, { fromMs, untilMs, ugPerMin }) => sum + (ugPerMin * Math.max(0, Math.min(untilMs, atMs) - fromMs)) / 60_000, 0);
  return infused + boluses.reduce((sum, bolus) => sum + (bolus.atMs <= atMs ? bolus.ug : 0), 0);
}

function bolusesOf(entries) {
  return entries.filter((entry) => entry.kind === "bolus_given").map((entry) => ({ atMs: entry.at_ms, ug: entry.amount_ug ?? 0, words: entry.text }));
}

/** What people wrote or charted: [{atMs, words, isNote}]. */
function notesOf(entries) {
  const kinds = ["note_added", "observation_charted"];
  return entries.filter((entry) => kinds.includes(entry.kind)).map((entry) => ({ atMs: entry.at_ms, words: entry.text, isNote: entry.kind === "note_added" }));
}

/**
 * Each time an alert stood: [{id, tone, priority, title, words, fromMs, untilMs, overMs, answeredMs, isOpen}], from when it was raised. Between
 * `overMs` and `untilMs` its condition was over and nobody had answered. What was raised before the journal reaches back is taken from the session.
 */
function alertSpans(session, entries, nowMs) {
  const open = new Map();
  const spans = [];
  for (const { at_ms: atMs, alert: id, step, text } of entries) {
    if (!step) continue;
    const span = open.get(id);
    if (RAISED.includes(step.state)) {
      const now = span ?? { id, ...signOf(step), title: step.title, words: text, fromMs: atMs, untilMs: nowMs, overMs: null, answeredMs: null, isOpen: true };
      if (!span) {
        open.set(id, now);
        spans.push(now);
      }
      now.overMs = step.state === "latched" ? (now.overMs ?? atMs) : null;
      if (step.state === "acknowledged") now.answeredMs ??= atMs;
    } else if (OVER.includes(step.state) && span) {
      Object.assign(span, { untilMs: atMs, isOpen: false });
      open.delete(id);
    }
  }
  for (const alert of session.alerts) {
    if (!RAISED.includes(alert.state) || open.has(alert.id) || alert.raised_at_ms === null) continue;
    const isOver = alert.state === "latched";
    spans.push({ id: alert.id, ...signOf(alert), title: alert.title, words: `${alert.title}: ${alert.reason}`, fromMs: alert.raised_at_ms, untilMs: nowMs, overMs: isOver ? nowMs : null, answeredMs: alert.acknowledged_at_ms, isOpen: true });
  }
  return spans.sort((a, b) => a.fromMs - b.fromMs);
}

const signOf = ({ kind, priority }) => ({ tone: kind === "technical" ? "technical" : priority, priority });
