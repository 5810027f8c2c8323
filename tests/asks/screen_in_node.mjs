// A screen without a browser: the real reducer, announcer, sound and wording, fed with the frames that a monitor sent, at their times.
//
// argv: the folder of the modules. stdin: {catalogue, frames: [[at, frame]], until, dead_from}. stdout: {tones, looks}, see screen.py.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const TICK_MS = 250;
const { catalogue, frames, until, dead_from: deadFrom } = JSON.parse(readFileSync(0, "utf8"));

const element = () => ({ append() {}, setAttribute() {}, getAttribute: () => "", hasAttribute: () => false, addEventListener() {}, dataset: {}, textContent: "" });
const tones = [];
let context = null;

globalThis.window = globalThis;
globalThis.addEventListener = () => {};
globalThis.document = { title: "", body: element(), createElement: element, addEventListener() {}, getElementById: () => ({ textContent: catalogue }), querySelector: element };
globalThis.AudioContext = class {
  state = "running";
  currentTime = 0;
  destination = {};
  constructor() {
    context = this;
  }
  createOscillator() {
    const tone = { hz: null, start: null, end: null };
    return {
      frequency: { set value(hz) { tone.hz = hz; } },
      setPeriodicWave() {},
      connect: (next) => next,
      start(at) {
        tone.start = at;
        tones.push(tone);
      },
      stop: (at) => {
        tone.end = at ?? context.currentTime;
      },
    };
  }
  createGain() {
    return { gain: { setValueAtTime() {}, linearRampToValueAtTime() {} }, connect: (next) => next };
  }
  createPeriodicWave() {
    return {};
  }
};

const load = (name) => import(new URL(name, pathToFileURL(`${process.argv[2]}/`)));
const [{ initialState, reduce }, { monitorNow }, alerts, line, sound, { announcer }] = await Promise.all(
  ["state.mjs", "clock.mjs", "alerts.mjs", "alert_line.mjs", "sound.mjs", "announce.mjs"].map(load),
);

sound.prepareSound();
const draw = announcer(() => "");
let state = initialState();
const looks = [];

/** What is drawn at `at`; the feed is live until it is dead. */
function viewAt(at) {
  const now = state.clock ? monitorNow(state.clock, at) : null;
  const silentMs = deadFrom === null ? 0 : Math.max(0, at - deadFrom);
  const feed = state.position === null ? "connecting" : "live";
  return { state, feed, isLive: feed === "live", at, now, heldNow: now, zone: "UTC", silentMs, speed: 1 };
}

function look(at) {
  const view = viewAt(at);
  const sessions = Object.values(state.sessions).map((session) => {
    const tile = alerts.tileAlerts(session);
    return {
      id: session.id,
      tile: tile.lines.map((alert) => alert.id),
      flash: alerts.flashOf(session),
      stands: Object.fromEntries(session.alerts.map((alert) => [alert.id, line.standsAs(alert, view)])),
      answered: Object.fromEntries(session.alerts.map((alert) => [alert.id, line.answeredFor(alert, view)])),
      last: Object.fromEntries(session.alerts.map((alert) => [alert.id, line.lastKnown(alert, session, view)])),
    };
  });
  looks.push({ at, calls: alerts.loudest(Object.values(state.sessions)), sessions });
}

let next = 0;
for (let at = 0; at <= until; at += TICK_MS) {
  context.currentTime = at / 1000;
  for (; next < frames.length && frames[next][0] <= at; next += 1) state = reduce(state, frames[next][1], at);
  draw(viewAt(at));
  look(at);
}
process.stdout.write(JSON.stringify({ tones, looks }));
