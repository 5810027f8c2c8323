// What this screen tells the monitor of itself: whether it can be seen and heard, and which alerts it has painted. Pure.
//
// "Shown" is said only by a screen that is visible and whose sound is proven: only such a screen counts. What was painted before is said as
// soon as it becomes one. Bounds: MAX_SHOWN alerts in a message, one such message in SHOWN_EVERY_MS, so that a screen never says more than
// the monitor listens to (100 short messages a minute).

export const SAY_EVERY_MS = 5_000;
export const SHOWN_EVERY_MS = 1_000;
export const MAX_SHOWN = 60; // some 60 bytes each, of the 4,096 that the monitor takes in a message
const MAX_KEPT = 5_000; // keys remembered; beyond, the oldest are said once more, which harms nobody

/** Nothing said yet. */
export const silent = () => ({ socket: null, ready: null, readyAt: -Infinity, shown: new Set(), shownAt: -Infinity });

/**
 * {said, messages}: what to say now, and what will have been said then. `socket` numbers the connection (null: none); `painted` are keys
 * "S-000003 BP-H1.1" of what is on the screen now (a canary has no session: " c-17"); `unseen` those of them that no screen has shown yet as
 * far as the monitor says: on a new connection they are said again, for the word may have been lost with the old one.
 */
export function whatToSay(said, { socket, at, visible, sound, painted, unseen }) {
  if (socket === null) return { said: { ...said, socket: null, ready: null }, messages: [] };
  const messages = [];
  let next = said;
  if (socket !== said.socket) next = { ...next, socket, ready: null, shown: new Set([...said.shown].filter((key) => !unseen.has(key))) };
  if (next.ready === null || next.ready.visible !== visible || next.ready.sound !== sound || at - next.readyAt >= SAY_EVERY_MS) {
    messages.push({ type: "ready", visible, sound });
    next = { ...next, ready: { visible, sound }, readyAt: at };
  }
  const fresh = visible && sound && at - next.shownAt >= SHOWN_EVERY_MS ? painted.filter((key) => !next.shown.has(key)).slice(0, MAX_SHOWN) : [];
  if (fresh.length) {
    messages.push({ type: "shown", alerts: fresh.map(alertOf) });
    next = { ...next, shown: new Set([...next.shown, ...fresh].slice(-MAX_KEPT)), shownAt: at };
  }
  return { said: next, messages };
}

export const keyOf = (session, alert) => `${session} ${alert}`;

/** Whether the key is that of a test alert, which has no session and is drawn nowhere. */
export const isCanary = (key) => key.startsWith(" ");

function alertOf(key) {
  const place = key.indexOf(" ");
  return { session: key.slice(0, place), alert: key.slice(place + 1) };
}
