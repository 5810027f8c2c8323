// Tells the monitor what this screen is worth: whether somebody can see and hear it, and which alerts it has really painted.

import { isRaised } from "./alerts.mjs";
import { say } from "./feed.mjs";
import { keyOf, silent, whatToSay } from "./readiness.mjs";
import { soundState } from "./sound.mjs";

/** Marks `node` as the place where an alert is drawn. One that is only pending is not shown yet: it has not been raised. */
export function drawsAlert(node, session, alert) {
  const key = isRaised(alert) ? keyOf(session.id, alert.id) : null;
  if (node.dataset.drawn === key) return;
  if (key === null) delete node.dataset.drawn;
  else node.dataset.drawn = key;
}

/** Returns the drawer. Alerts are looked for after the browser has drawn: the first frame after a change paints it, the second finds it painted. */
export function presence() {
  let said = silent();
  let isLooking = false;
  let latest = null;
  document.addEventListener("visibilitychange", () => latest && tell([]));

  function tell(painted) {
    const { state, socket, at, feed } = latest;
    const visible = document.visibilityState === "visible";
    const told = feed === "live" ? painted : [];
    const result = whatToSay(said, { socket, at, visible, sound: soundState(at) === "proven", painted: told, unseen: unseenKeys(state) });
    said = result.said;
    for (const message of result.messages) say(message);
  }

  return function draw(view) {
    latest = view;
    tell([]);
    if (isLooking || view.feed !== "live" || document.visibilityState !== "visible" || !hasNews(view.state, said)) return;
    isLooking = true;
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        isLooking = false;
        tell([...paintedKeys(), ...(latest.state.canary === null ? [] : [keyOf("", latest.state.canary)])]);
      }),
    );
  };
}

/** Raised alerts that no screen has shown yet, as far as the monitor says. */
function unseenKeys(state) {
  const unseen = new Set();
  for (const session of Object.values(state.sessions)) {
    for (const alert of session.alerts) if ((alert.shown_at_ms ?? null) === null) unseen.add(keyOf(session.id, alert.id));
  }
  return unseen;
}

/** Whether there is anything to say that was not said yet: else nothing is measured. */
function hasNews(state, said) {
  if (state.canary !== null && !said.shown.has(keyOf("", state.canary))) return true;
  return Object.values(state.sessions).some((session) => session.alerts.some((alert) => isRaised(alert) && !said.shown.has(keyOf(session.id, alert.id))));
}

/** What is drawn inside the window and can be seen; an alert may be drawn in several places. */
function paintedKeys() {
  const found = new Set();
  for (const node of document.querySelectorAll("[data-drawn]")) {
    const { top, left, bottom, right } = node.getBoundingClientRect();
    const isInside = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth && bottom > top;
    if (isInside && node.checkVisibility({ visibilityProperty: true, opacityProperty: true })) found.add(node.dataset.drawn);
  }
  return [...found];
}
