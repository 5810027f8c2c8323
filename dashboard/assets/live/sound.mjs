// Sound by priority. A browser cannot be a primary alarm: this only helps someone who looks away, and says honestly whether it can sound.

import { schedule } from "./pulses.mjs";
import { SIGNALS } from "./signals.mjs";

export const FEED_SOUND_AFTER_MS = 4_000;
export const MUTE_MS = 600_000; // silence ends by itself
export const STUCK_MS = 700; // a device that takes no sound for so long while a tone is due plays nothing

let context = null;
let provenAt = null; // performance.now() at the end of the last tone that was played through
let mutedUntil = -Infinity; // performance.now()
let lastKind = null;
let lastAt = -Infinity;
let hasFailed = false; // the last tone was refused, or its device stands still
const BUFFER_S = 0.1; // sound is handed to the device so far ahead: a tone need not begin at once, and finer portions cost the machine more
const clock = { time: 0, at: 0 }; // where the context's own time last stood, and since when
const playing = new Map(); // tones that have not ended -> whether each is a test

/** Browsers let a page sound only after a gesture: make the context at the first one. Call once. */
export function prepareSound() {
  const wake = () => {
    open();
    if (context !== null && context.state !== "running") context.resume().catch(() => {}); // stays as it is: the chip keeps saying so
  };
  for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, wake, { capture: true, passive: true });
  open(); // where a policy allows it (kiosk), it runs at once
}

function open() {
  if (context !== null) return;
  const Context = window.AudioContext ?? window.webkitAudioContext;
  if (!Context) return;
  context = new Context({ latencyHint: BUFFER_S });
  context.addEventListener?.("error", fail); // the device was lost
}

function fail() {
  hasFailed = true;
  provenAt = null;
}

/**
 * "failed" without any audio or where a tone could not be played, "blocked" until the browser lets us, "muted" by a person at this screen,
 * "unproven" until a tone has been played through since the page was loaded, then "proven". What the loudspeaker does with it no page can know.
 */
export function soundState(at) {
  if (!context) return "failed";
  if (context.state !== "running") return "blocked";
  if (hasFailed || isStuck(at)) return "failed";
  if (at < mutedUntil) return "muted";
  return provenAt === null ? "unproven" : "proven";
}

/** Whether a tone is due and the device does not move on. */
function isStuck(at) {
  if (!playing.size || context.currentTime !== clock.time) {
    Object.assign(clock, { time: context.currentTime, at });
    return false;
  }
  if (at - clock.at < STUCK_MS) return false;
  fail();
  return true;
}

/** When sound was proven, by performance.now(); null while it is not. */
export const soundProvenAt = () => provenAt;

/** For how long this screen stays mute, in ms; 0 where it is not. */
export const muteLeft = (at) => Math.max(0, mutedUntil - at);

/** Silence this screen for MUTE_MS, or let it sound again. It does not count as watching while it is mute. */
export function toggleMute() {
  const now = performance.now();
  mutedUntil = now < mutedUntil ? -Infinity : now + MUTE_MS;
  if (mutedUntil > now) stopAll();
  else soundAgain();
}

/** Play one tone, so that a person can tell whether this screen is heard. Ends a mute. */
export async function testSound() {
  mutedUntil = -Infinity;
  open();
  if (!context) return;
  await context.resume().catch(() => {}); // refused: the chip keeps saying "blocked"
  if (context.state === "running") play(SIGNALS.test);
}

/**
 * Sound what is called for now: `priority` is the highest one that calls or null. A higher or new kind sounds at once, others in turn. One
 * pattern at a time, and nothing is kept for later: a screen that was blocked sounds what calls now, not all that called before.
 */
export function sound(priority, silentMs, at) {
  const kind = silentMs !== null && silentMs > FEED_SOUND_AFTER_MS ? "feed" : priority;
  if (!kind || context?.state !== "running" || at < mutedUntil) {
    if (!kind) stopAll(); // answered or paused: not even the rest of the burst
    lastKind = kind;
    return;
  }
  if (kind === lastKind && at - lastAt < SIGNALS[kind].every * 1000) return;
  stopAll(); // two patterns at once are neither
  play(SIGNALS[kind]);
  lastKind = kind;
  lastAt = at;
}

/** Let the next `sound` start at once: a new alert of the same priority. */
export function soundAgain() {
  lastAt = -Infinity;
}

/** A tone that is cut off proves nothing. */
function stopAll() {
  for (const [tone, isTest] of playing) {
    if (isTest) continue;
    playing.delete(tone);
    tone.stop();
  }
}

function play(signal) {
  let tone;
  try {
    tone = schedule(context, signal);
  } catch {
    fail(); // said by the chip, and the monitor is told that this screen is deaf
    return;
  }
  if (!playing.size) Object.assign(clock, { time: context.currentTime, at: performance.now() });
  playing.set(tone, signal === SIGNALS.test);
  tone.onended = () => {
    if (!playing.delete(tone) || context.state !== "running") return;
    hasFailed = false;
    provenAt = performance.now();
  };
}
