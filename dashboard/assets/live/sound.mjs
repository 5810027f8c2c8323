// Sound by priority. A browser cannot be a primary alarm: this only helps someone who looks away, and says honestly whether it can sound.
//
// The pulse pattern follows the vocabulary of IEC 60601-1-8 (more pulses for more urgent); its times are from memory and unchecked, and
// no conformity is claimed.

const PULSE_S = 0.15;
const TABLE = {
  // starts of the pulses in seconds, pitch in Hz, seconds from one burst to the next
  high: { starts: [0, 0.25, 0.5, 1.0, 1.25, 2.0, 2.25, 2.5, 3.0, 3.25], hz: 660, every: 10 },
  medium: { starts: [0, 0.4, 0.8], hz: 520, every: 25 },
  low: { starts: [0], hz: 440, every: 30 },
  feed: { starts: [0, 0.6], hz: 330, every: 15 }, // this screen has no word from the monitor
  test: { starts: [0], hz: 520, every: 0 },
};
export const FEED_SOUND_AFTER_MS = 5_000;

export const MUTE_MS = 600_000; // silence ends by itself

let context = null;
let provenAt = null; // performance.now() at the end of the last tone that was played through
let mutedUntil = -Infinity; // performance.now()
let lastKind = null;
let lastAt = -Infinity;

/** Browsers let a page sound only after a gesture: make the context at the first one. Call once. */
export function prepareSound() {
  const wake = () => {
    context ??= newContext();
    if (context?.state === "suspended") context.resume().catch(() => {}); // stays suspended: the chip keeps saying so
  };
  for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, wake, { capture: true, passive: true });
  context = newContext(); // where a policy allows it (kiosk), it runs at once
}

function newContext() {
  const Context = window.AudioContext ?? window.webkitAudioContext;
  return Context ? new Context() : null;
}

/**
 * "failed" without any audio, "blocked" until the browser lets us, "muted" by a person at this screen, "unproven" until a tone has been
 * played through since the page was loaded, then "proven". What the loudspeaker does with it no page can know.
 */
export function soundState(at) {
  if (!context) return "failed";
  if (context.state !== "running") return "blocked";
  if (at < mutedUntil) return "muted";
  return provenAt === null ? "unproven" : "proven";
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
  context ??= newContext();
  if (!context) return;
  await context.resume().catch(() => {}); // refused: the chip keeps saying "blocked"
  if (context.state === "running") burst(TABLE.test);
}

/** Sound what is called for now: `priority` is the highest one that calls or null. A higher or new kind sounds at once, others in turn. */
export function sound(priority, silentMs, at) {
  const kind = silentMs !== null && silentMs > FEED_SOUND_AFTER_MS ? "feed" : priority;
  if (!kind || context?.state !== "running" || at < mutedUntil) {
    if (!kind) stopAll(); // answered or paused: not even the rest of the burst
    lastKind = kind;
    return;
  }
  if (kind === lastKind && at - lastAt < TABLE[kind].every * 1000) return;
  stopAll(); // two patterns at once are neither
  burst(TABLE[kind]);
  lastKind = kind;
  lastAt = at;
}

/** Let the next `sound` start at once: a new alert of the same priority. */
export function soundAgain() {
  lastAt = -Infinity;
}

const playing = new Map(); // tones that have not ended -> whether each is a test

/** A tone that is cut off proves nothing. */
function stopAll() {
  for (const [tone, isTest] of playing) {
    if (isTest) continue;
    playing.delete(tone);
    tone.stop();
  }
}

function burst(pattern) {
  const { starts, hz } = pattern;
  const begin = context.currentTime + 0.05;
  const tone = context.createOscillator();
  const level = context.createGain();
  tone.setPeriodicWave(context.createPeriodicWave(new Float32Array([0, 0, 0, 0, 0, 0]), new Float32Array([0, 1, 0.6, 0.4, 0.25, 0.15])));
  tone.frequency.value = hz;
  level.gain.value = 0;
  for (const start of starts) {
    const at = begin + start;
    level.gain.setValueAtTime(0, at);
    level.gain.linearRampToValueAtTime(0.25, at + 0.02);
    level.gain.setValueAtTime(0.25, at + PULSE_S - 0.03);
    level.gain.linearRampToValueAtTime(0, at + PULSE_S);
  }
  tone.connect(level).connect(context.destination);
  tone.onended = () => {
    if (playing.delete(tone) && context.state === "running") provenAt = performance.now();
  };
  playing.set(tone, pattern === TABLE.test);
  tone.start(begin);
  tone.stop(begin + starts.at(-1) + PULSE_S + 0.1);
}
