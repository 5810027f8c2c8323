// The monitor's clock as this browser knows it. Pure.
//
// Every frame carries `now_ms`. A frame can only arrive late, never early, so the largest `now_ms - arrival * speed` of the last one to
// two minutes is the best estimate of the offset between the monitor's clock and performance.now(). A frame that waited (in the network,
// or in a tab that was frozen, or because it is sent again after a reconnect) is thereby known to be old, and so are its values.

export const WINDOW_MS = 60_000; // the browser's crystal may run off by some ms in this time, not more

/** A fresh estimate from a `hello` that arrived at `at` (performance.now()). */
export function startClock(hello, at) {
  return { speed: hello.clock_speed, best: hello.now_ms - at * hello.clock_speed, previous: -Infinity, since: at };
}

/** The estimate after one more frame. */
export function heardClock(clock, nowMs, at) {
  const offset = nowMs - at * clock.speed;
  if (at - clock.since > WINDOW_MS) return { ...clock, previous: clock.best, best: offset, since: at };
  return offset > clock.best ? { ...clock, best: offset } : clock;
}

/** Monitor time (UTC ms) at `at`. */
export function monitorNow(clock, at) {
  return Math.max(clock.best, clock.previous) + at * clock.speed;
}
