// What the screen knows, as a pure function of the frames of the stream (schemas/stream_wire.py): state, frame, arrival -> state.
//
// Bounds: 2,000 sessions (beyond, those with the worst alerts are kept and `leftOut` says that there are more), 500 journal entries a session
// (the oldest fall out), one value per vital sign. Histories are kept elsewhere (history.mjs).

import { urgencyOf } from "./alerts.mjs";
import { heardClock, startClock } from "./clock.mjs";

export const PROTOCOL = 1;
export const MAX_SESSIONS = 2_000;
export const MAX_JOURNAL = 500;
export const HEARTBEATS_AHEAD = 3; // so many heartbeats in a row that know more than we do mean that an update was lost

/** Nothing known. `asks` is what the socket should do: null, "resync" (reconnect for a snapshot) or "reload" (another protocol). */
export function initialState() {
  return {
    hello: null,
    clock: null,
    position: null, // of the last update or snapshot taken in; null before the first snapshot
    lastNowMs: null, // monitor time of the last frame
    sessions: {},
    leftOut: 0,
    journal: {},
    system: null,
    ahead: 0,
    canary: null, // id of the last test alert: answered, never shown
    ignored: 0, // frames or values for nothing we know
    asks: null,
  };
}

/** The state after `frame`, which arrived at `at` (performance.now()). Never changes `state`. */
export function reduce(state, frame, at) {
  switch (frame.type) {
    case "hello":
      return greet(state, frame, at);
    case "snapshot":
      return heard(takeSnapshot(state, frame), frame, at);
    case "update":
      return heard(takeUpdate(state, frame), frame, at);
    case "heartbeat":
      return heard(takeHeartbeat(state, frame), frame, at);
    case "canary":
      return heard({ ...state, canary: frame.id }, frame, at);
    case "resumed":
      return frame.since === state.position ? { ...state, asks: null } : { ...state, asks: "resync" };
    default:
      return { ...state, ignored: state.ignored + 1 };
  }
}

function heard(state, frame, at) {
  const clock = state.clock ? heardClock(state.clock, frame.now_ms, at) : null;
  return { ...state, clock, lastNowMs: frame.now_ms };
}

function greet(state, hello, at) {
  if (hello.protocol !== PROTOCOL) return { ...state, hello, asks: "reload" };
  const isSameStream = state.hello !== null && state.hello.stream === hello.stream;
  const clock = startClock(hello, at);
  // Another stream numbers its updates anew: what we have stays visible (and ages) until its snapshot replaces it.
  return { ...state, hello, clock, lastNowMs: hello.now_ms, ahead: 0, asks: null, position: isSameStream ? state.position : null };
}

function takeSnapshot(state, frame) {
  const [kept, leftOut] = bounded(frame.sessions.map((session) => settle(null, session, frame.now_ms)));
  return {
    ...state,
    position: frame.position,
    sessions: Object.fromEntries(kept.map((session) => [session.id, session])),
    leftOut,
    journal: addJournal({}, frame.journal),
    system: frame.system,
    ahead: 0,
    asks: null,
  };
}

function takeUpdate(state, frame) {
  if (state.position === null) return { ...state, ignored: state.ignored + 1 };
  if (frame.position <= state.position) return { ...state, ignored: state.ignored + 1 }; // seen before
  if (frame.position > state.position + 1) return { ...state, asks: "resync" };
  const sessions = { ...state.sessions };
  let { ignored } = state;
  for (const session of frame.sessions ?? []) sessions[session.id] = settle(sessions[session.id] ?? null, session, frame.now_ms);
  for (const [id, vitals] of Object.entries(frame.vitals ?? {})) {
    if (id in sessions) sessions[id] = { ...sessions[id], vitals: merge(sessions[id].vitals, vitals, frame.now_ms) };
    else ignored += 1;
  }
  for (const id of frame.ended ?? []) delete sessions[id];
  const [kept, dropped] = bounded(Object.values(sessions));
  return {
    ...state,
    position: frame.position,
    sessions: dropped ? Object.fromEntries(kept.map((session) => [session.id, session])) : sessions,
    leftOut: Math.max(dropped, state.leftOut),
    journal: addJournal(state.journal, frame.journal ?? []),
    system: frame.system ?? state.system,
    ahead: 0,
    ignored,
  };
}

function takeHeartbeat(state, frame) {
  if (state.position === null || frame.position <= state.position) return { ...state, ahead: 0 };
  const ahead = state.ahead + 1;
  return { ...state, ahead, asks: ahead >= HEARTBEATS_AHEAD ? "resync" : state.asks };
}

/** A session as kept: its vitals by name. A value that is older than the one we have never replaces it. */
export function settle(before, session, nowMs) {
  return { ...session, vitals: merge(before?.vitals ?? {}, session.vitals, nowMs, true) };
}

/** Whether two states of a session differ in values at most: all else comes over the wire in one piece, with a list of alerts of its own. */
export const isSameButValues = (a, b) => a.alerts === b.alerts;

function merge(kept, vitals, nowMs, isWhole = false) {
  const merged = isWhole ? {} : { ...kept };
  for (const vital of vitals) {
    const known = kept[vital.vital];
    const isOlder = known !== undefined && known.received_at_ms > vital.received_at_ms;
    merged[vital.vital] = isOlder ? known : { ...vital, born_ms: nowMs - vital.age_ms };
  }
  return merged;
}

function bounded(sessions) {
  if (sessions.length <= MAX_SESSIONS) return [sessions, 0];
  const worstFirst = [...sessions].sort((a, b) => urgencyOf(b.alerts) - urgencyOf(a.alerts));
  return [worstFirst.slice(0, MAX_SESSIONS), sessions.length - MAX_SESSIONS];
}

/** Entries by session, newest last, each `seq` once. */
export function addJournal(journal, entries) {
  if (!entries.length) return journal;
  const next = { ...journal };
  for (const entry of entries) {
    const known = next[entry.session] ?? [];
    if (known.some((one) => one.seq === entry.seq)) continue;
    next[entry.session] = [...known, entry].sort((a, b) => a.seq - b.seq).slice(-MAX_JOURNAL);
  }
  return next;
}
