// Whether what is on the screen may be called live, and the tick that asks again.
//
// Everything is drawn with its age every TICK_MS, with the first values that come after it or by the tick itself where none do. What comes
// between is drawn when it comes (feed.mjs).

export const TICK_MS = 300;
export const SILENT_AFTER_MS = 3_000; // the monitor sends a frame at least every second
export const SLEPT_MS = 2_000; // the wall clock ran so much further than performance.now(): the machine slept

/** Call `onTick` every TICK_MS, also in a hidden tab. Without a worker the page's own timer does it. */
export function everyTick(onTick) {
  const worker = new Worker(new URL("watchdog.worker.mjs", import.meta.url), { type: "module" });
  let spare = null;
  worker.onmessage = onTick;
  worker.postMessage(TICK_MS);
  worker.onerror = () => {
    spare ??= setInterval(onTick, TICK_MS);
  };
}

/** Notices that the machine slept: some systems stop performance.now() while they do, so ages alone would not show it. */
export function sleepWatch(perfAtStart, wallAtStart) {
  let last = wallAtStart - perfAtStart;
  return function hasSlept(perf, wall) {
    const ahead = wall - perf - last;
    last = wall - perf;
    return ahead > SLEPT_MS;
  };
}

/** "connecting" before the first snapshot, then "live" or "stale"; "fault" for good once the screen itself failed. */
export function feedState({ hasSnapshot, heardAt, sleptAt, fault, at }) {
  if (fault) return "fault";
  if (!hasSnapshot) return "connecting";
  const hasSleptSince = sleptAt !== null && sleptAt >= heardAt;
  return at - heardAt > SILENT_AFTER_MS || hasSleptSince ? "stale" : "live";
}
