// The one place that holds what the screen knows: stream -> reducer -> histories -> whoever draws.
//
// Bounds: see state.mjs and history.mjs; histories of at most TILE_SESSIONS sessions besides the one that is open.

import { everyTick, feedState, sleepWatch, TICK_MS } from "./age.mjs";
import { monitorNow } from "./clock.mjs";
import { fill, MARK, push, series, STREAM_POINTS, TILE_POINTS } from "./history.mjs";
import { initialState, reduce } from "./state.mjs";
import { keepStream } from "./stream.mjs";

export const TILE_SESSIONS = 200;
const LEAST_MS = 60; // between two draws: a thousand sessions have news at every moment, and not each is worth a drawing of its own
const SOON_MS = 200; // after a draw: the monitor sends its next frame by then, where values come at all, and that draws what a tick would
const OURS = new URL(".", import.meta.url).href;

const drawers = new Map(); // drawer -> whether values alone concern it
const onSnapshot = new Set();
const tracks = new Map(); // session id -> vital -> series
let state = initialState();
let stream = null;
let frameAt = null; // when the last frame came, by performance.now()
let sleptAt = null;
let fault = null;
let feed = "connecting";
let watched = null; // the session whose page is open
let isDrawPlanned = false;
let drawnAt = -Infinity; // by performance.now()
let wholeAt = -Infinity; // likewise: when everything was drawn
let isNewsDue = false; // more than values is to be drawn
let dueDraw = null; // the timer of what came too soon after a draw
let changed = new Set(); // sessions that got values since the last draw

/** Start once per page load. */
export function startFeed() {
  stream = keepStream({ resumeFrom, onFrame, onClosed: planDraw });
  const hasSlept = sleepWatch(performance.now(), Date.now());
  everyTick(() => {
    const at = performance.now();
    const isAwake = !hasSlept(at, Date.now());
    if (!isAwake) sleptAt = at;
    stream.tick(at);
    if (!isAwake || at - drawnAt > SOON_MS) draw();
  });
  // A page that was frozen or hidden wakes with what it showed then: how old that is comes before anything else.
  for (const waking of ["resume", "visibilitychange"]) document.addEventListener(waking, () => draw());
  addEventListener("pageshow", () => draw());
  // A mistake in our own modules may have left old numbers standing. Others' errors (a callback of Dash without a server) may not.
  addEventListener("error", (event) => event.filename?.startsWith(OURS) && fail(event.message));
  addEventListener("unhandledrejection", (event) => event.reason?.stack?.includes(OURS) && fail(event.reason.message));
}

function resumeFrom() {
  return state.hello && state.position !== null && state.asks === null ? { stream: state.hello.stream, position: state.position } : null;
}

function onFrame(text, at) {
  let frame;
  try {
    frame = JSON.parse(text);
  } catch {
    stream.resync(); // half a frame is no frame: a fresh socket brings a snapshot
    return;
  }
  const before = state;
  state = reduce(state, frame, at);
  frameAt = at;
  if (state.asks === "reload") return fail(null);
  if (state.asks === "resync") {
    stream.resync();
    return;
  }
  if (state !== before) remember(frame);
  if (frame.type === "snapshot") for (const tell of onSnapshot) tell();
  isNewsDue ||= feed !== "live" || hasNews(frame);
  if (isNewsDue || changed.size) drawSoon();
}

/** At once, or LEAST_MS after the last draw with what else has come by then. */
function drawSoon() {
  const wait = drawnAt + LEAST_MS - performance.now();
  if (wait <= 0) drawDue();
  else dueDraw ??= setTimeout(drawDue, wait);
}

/** Everything where there is news or a tick has passed, else what the values change. */
function drawDue() {
  draw(isNewsDue || performance.now() - wholeAt >= TICK_MS ? null : changed);
}

/** Whether a frame brings more than values and the time. */
function hasNews(frame) {
  if (frame.type === "update") return ["sessions", "ended", "journal", "system"].some((part) => part in frame);
  return frame.type !== "heartbeat";
}

/** Append the values that just came to the histories. */
function remember(frame) {
  for (const session of frame.sessions ?? []) addPoints(session.id, session.vitals);
  for (const [id, vitals] of Object.entries(frame.vitals ?? {})) addPoints(id, vitals);
  for (const id of frame.ended ?? []) if (id !== watched) tracks.delete(id);
}

function addPoints(id, vitals) {
  if (!(id in state.sessions)) return;
  changed.add(id);
  for (const vital of vitals) {
    const track = trackOf(id, vital.vital);
    const value = vital.validity === "invalid" ? null : vital.value;
    if (track) push(track, vital.received_at_ms, value, vital.validity === "questionable" ? MARK.questionable : MARK.plain);
  }
}

/** The series of one vital sign; null where no more sessions are remembered. */
export function trackOf(id, vital) {
  if (!tracks.has(id)) {
    if (tracks.size >= TILE_SESSIONS && id !== watched) return null;
    tracks.set(id, new Map());
  }
  const limit = id === watched ? STREAM_POINTS : TILE_POINTS;
  const ofSession = tracks.get(id);
  if (!ofSession.has(vital)) ofSession.set(vital, series(limit));
  ofSession.get(vital).limit = limit;
  return ofSession.get(vital);
}

/** Put recorded history under the live points: {vital: [[at, value, mark]]}; see `fill` for `thinGapMs`. */
export function fillHistory(id, points, thinGapMs) {
  for (const [vital, rows] of Object.entries(points)) {
    const track = trackOf(id, vital);
    if (track) fill(track, rows, thinGapMs);
  }
  const session = state.sessions[id];
  if (session) state = { ...state, sessions: { ...state.sessions, [id]: { ...session } } }; // another one: there is something to draw
  planDraw();
}

/** Keep long histories for this session from now on; null for none. */
export function watch(id) {
  watched = id;
}

/** Say something to the monitor over the connection of this moment. */
export function say(message) {
  stream.say(message);
}

/**
 * Draw now, with every tick, and after news. Returns how to stop. `drawer(view)`; see `view`. With `hasValues` also where values alone came:
 * `view.changed` then is the set of sessions that got some; null where everything is to be drawn.
 */
export function subscribe(drawer, { hasValues = false } = {}) {
  drawers.set(drawer, hasValues);
  planDraw();
  return () => drawers.delete(drawer);
}

/** Be told of each snapshot: after one, values may have been missed. Returns how to stop. */
export function afterSnapshot(tell) {
  onSnapshot.add(tell);
  return () => onSnapshot.delete(tell);
}

/** A part of the screen failed: from here on nothing on it may pass for live. */
export function fail(detail) {
  fault ??= { detail };
  draw();
}

function planDraw() {
  if (isDrawPlanned) return;
  isDrawPlanned = true;
  // A hidden tab gets no animation frames: there the worker's tick draws.
  requestAnimationFrame(() => {
    isDrawPlanned = false;
    draw();
  });
}

/** Everything a drawer needs, for this instant. `heldNow` is monitor time and stands still while the feed is not live. */
export function view(only = null) {
  const at = performance.now();
  const speed = state.clock?.speed ?? 1;
  const isLive = feed === "live";
  const running = state.clock ? monitorNow(state.clock, at) : null;
  return {
    state,
    feed,
    isLive,
    at,
    now: running,
    heldNow: isLive || !state.lastNowMs ? running : state.lastNowMs,
    speed,
    zone: state.hello?.site_zone ?? "UTC",
    silentMs: frameAt === null ? null : at - frameAt,
    attempt: stream?.attempt ?? 0,
    isOpen: stream?.isOpen ?? false,
    socket: stream?.number ?? null,
    changed: only,
    hasSlept: sleptAt !== null && frameAt !== null && sleptAt >= frameAt,
    fault,
  };
}

/** Draw everything, or what `only` these sessions' values change. */
function draw(only = null) {
  const before = feed;
  feed = feedState({ hasSnapshot: state.position !== null, heardAt: frameAt ?? -Infinity, sleptAt, fault, at: performance.now() });
  if (feed !== before) document.documentElement.dataset.feed = feed;
  changed = new Set();
  const isPart = only !== null && feed === before;
  clearTimeout(dueDraw);
  [dueDraw, isNewsDue] = [null, isNewsDue && isPart];
  const now = view(isPart ? only : null);
  for (const [drawer, hasValues] of drawers) {
    if (isPart && !hasValues) continue;
    try {
      drawer(now);
    } catch (error) {
      // A part that cannot draw would leave its old numbers standing: the whole screen stops being live, and says why.
      drawers.delete(drawer);
      console.error(error);
      fail(error.message);
    }
  }
  drawnAt = performance.now();
  if (!isPart) wholeAt = drawnAt;
}
