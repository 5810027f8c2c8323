// How an alert calls, by priority: the one table for what flashes and what sounds. Pure.
//
// The vocabulary is that of IEC 60601-1-8 as bedside monitors' manuals tell it (flash 1.4-2.8 Hz high, 0.4-0.8 Hz medium, steady low; pulses
// 5+5, 3, 1; bursts every 10, 25, 30 s). The standard itself was not read, and no conformity is claimed. 2 Hz stays below three flashes a second.

export const PULSE_S = 0.15;

/** `flashHz`: 0 is steady. `starts` of the pulses in seconds from the start of a burst; `hz` their pitch; `every`: seconds from burst to burst. */
export const SIGNALS = {
  high: { flashHz: 2, starts: [0, 0.25, 0.5, 1.0, 1.25, 2.0, 2.25, 2.5, 3.0, 3.25], hz: 660, every: 10 },
  medium: { flashHz: 0.5, starts: [0, 0.4, 0.8], hz: 520, every: 25 },
  low: { flashHz: 0, starts: [0], hz: 440, every: 30 },
  feed: { flashHz: 0, starts: [0, 0.6], hz: 330, every: 15 }, // this screen has no word from the monitor
  test: { flashHz: 0, starts: [0], hz: 520, every: 0 },
};

/** Seconds from the start of a burst to the end of its last pulse. */
export const lengthOf = ({ starts }) => starts.at(-1) + PULSE_S;

/** The priorities whose flash is in its dark half at `at` ms, and when the next of them changes. All rooms of a priority flash together. */
export function flashAt(at) {
  const halves = Object.entries(SIGNALS).filter(([, signal]) => signal.flashHz > 0).map(([name, { flashHz }]) => ({ name, ms: 500 / flashHz }));
  return {
    dark: halves.filter(({ ms }) => Math.floor(at / ms) % 2 === 1).map(({ name }) => name),
    until: Math.min(...halves.map(({ ms }) => (Math.floor(at / ms) + 1) * ms)),
  };
}

export const FLASH_NEAR_MS = 75; // half of what lies between two frames of values: where they come at their pace, one is always that near

/** What is dark to whoever draws at `at`: the flash may turn so much early. `again`: so much late, at the latest, it is to turn by itself. */
export function flashNear(at) {
  const { dark, until } = flashAt(at + FLASH_NEAR_MS);
  return { dark, again: until + FLASH_NEAR_MS };
}
