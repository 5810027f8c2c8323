// A burst of pulses, written into an AudioContext's own time, which no busy page delays.

import { lengthOf, PULSE_S } from "./signals.mjs";

const LEAD_S = 0.05;
const [RISE_S, FALL_S, LEVEL] = [0.02, 0.03, 0.25];
const HARMONICS = [0, 1, 0.6, 0.4, 0.25, 0.15];

/** Schedule `signal` on `context`, from now on. Returns the oscillator: `onended` comes when it was played through or stopped. */
export function schedule(context, signal) {
  const begin = context.currentTime + LEAD_S;
  const tone = context.createOscillator();
  const level = context.createGain();
  tone.setPeriodicWave(context.createPeriodicWave(new Float32Array(HARMONICS.length), new Float32Array(HARMONICS)));
  tone.frequency.value = signal.hz;
  level.gain.value = 0;
  for (const start of signal.starts) {
    const at = begin + start;
    level.gain.setValueAtTime(0, at);
    level.gain.linearRampToValueAtTime(LEVEL, at + RISE_S);
    level.gain.setValueAtTime(LEVEL, at + PULSE_S - FALL_S);
    level.gain.linearRampToValueAtTime(0, at + PULSE_S);
  }
  tone.connect(level).connect(context.destination);
  tone.start(begin);
  tone.stop(begin + lengthOf(signal) + 0.1);
  return tone;
}
