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

let context = null;
let provenAt = null;
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

/** "blocked" until the browser lets us, "ready" once it does, "proven" once a person has heard a test tone, "failed" without any audio. */
export function soundState() {
  if (!context) return "failed";
  if (context.state !== "running") return "blocked";
  return provenAt === null ? "ready" : "proven";
}

/** Monitor time of the test tone, or null. */
export const soundProvenAt = () => provenAt;

/** Play one tone, so that a person can tell whether this screen is heard. */
export async function testSound(nowMs) {
  context ??= newContext();
  if (!context) return;
  await context.resume().catch(() => {}); // refused: the chip keeps saying "blocked"
  if (context.state !== "running") return;
  burst(TABLE.test);
  provenAt = nowMs;
}

/** Sound what is called for now: `priority` is the highest unanswered one or null. A higher or new kind sounds at once, others in turn. */
export function sound(priority, silentMs, at) {
  const kind = silentMs !== null && silentMs > FEED_SOUND_AFTER_MS ? "feed" : priority;
  if (!kind || context?.state !== "running") {
    lastKind = kind;
    return;
  }
  if (kind === lastKind && at - lastAt < TABLE[kind].every * 1000) return;
  burst(TABLE[kind]);
  lastKind = kind;
  lastAt = at;
}

/** Let the next `sound` start at once: a new alert of the same priority. */
export function soundAgain() {
  lastAt = -Infinity;
}

function burst({ starts, hz }) {
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
  tone.start(begin);
  tone.stop(begin + starts.at(-1) + PULSE_S + 0.1);
}
