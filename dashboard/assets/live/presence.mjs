// Tells the monitor what this screen is worth: whether somebody can see and hear it, and which alerts it has really painted.

import { isRaised } from "./alerts.mjs";
import { say } from "./feed.mjs";
import { isCanary, keyOf, SHOWN_EVERY_MS, silent, whatToSay } from "./readiness.mjs";
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
  let looked = { at: -Infinity, keys: new Set() }; // when it was last looked for what
  let latest = null;
  document.addEventListener("visibilitychange", () => latest && tell([]));

  function tell(painted) {
    const { state, socket, at, feed } = latest;
    const visible = document.visibilityState === "visible";
    const told = feed === "live" ? painted : [];
    const result = whatToSay(said, { socket, at, visible, sound: soundState(at) === "proven", painted: told, unseen: socket === said.socket ? new Set() : unseenKeys(state) });
    said = result.said;
    for (const message of result.messages) say(message);
  }

  return function draw(view) {
    latest = view;
    tell([]);
    const mayTell = document.visibilityState === "visible" && soundState(view.at) === "proven" && view.at - said.shownAt >= SHOWN_EVERY_MS;
    if (isLooking || view.feed !== "live" || !mayTell) return;
    const keys = unsaidKeys(view.state, said);
    const isNew = [...keys].some((key) => !looked.keys.has(key)); // what waits to be scrolled to is looked for once a second
    if (!keys.size || !(isNew || view.at - looked.at >= SHOWN_EVERY_MS)) return;
    looked = { at: view.at, keys };
    isLooking = true;
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        isLooking = false;
        tell(paintedKeys(keys));
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

/** What there is to say and was not said yet: only that is measured. */
function unsaidKeys(state, said) {
  const canary = state.canary === null ? [] : [keyOf("", state.canary)];
  const raised = Object.values(state.sessions).flatMap((session) => session.alerts.filter(isRaised).map((alert) => keyOf(session.id, alert.id)));
  return new Set([...canary, ...raised].filter((key) => !said.shown.has(key)));
}

/** Which of `keys` are drawn inside the window and can be seen; an alert may be drawn in several places. A canary needs no place. */
function paintedKeys(keys) {
  const found = new Set([...keys].filter(isCanary));
  for (const node of document.querySelectorAll("[data-drawn]")) {
    if (!keys.has(node.dataset.drawn) || found.has(node.dataset.drawn)) continue;
    const { top, left, bottom, right } = node.getBoundingClientRect();
    const isInside = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth && bottom > top;
    if (isInside && node.checkVisibility({ visibilityProperty: true, opacityProperty: true })) found.add(node.dataset.drawn);
  }
  return [...found];
}
