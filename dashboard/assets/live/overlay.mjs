// NOT LIVE over the whole screen, and the dead man's switch below it.
//
// The switch is an animation that would show its own overlay after DEAD_MAN_MS and is set back with every draw. The browser's compositor
// runs it, so that it shows even if the scripts of this page hang.

import { setText } from "./dom.mjs";
import { age, timeOfDay } from "./format.mjs";
import { say, words } from "./words.mjs";

const DEAD_MAN_MS = 4_000;
const text = words.not_live;

/** Returns the drawer of the overlay. */
export function overlay() {
  const [title, why] = ["not-live-title", "not-live-why"].map((id) => document.getElementById(id));
  const deadMan = document.getElementById("dead-man").animate([{ opacity: 0 }, { opacity: 0, offset: 0.99 }, { opacity: 1 }], {
    duration: DEAD_MAN_MS,
    fill: "forwards",
  });
  return function draw(view) {
    deadMan.currentTime = 0;
    if (view.feed === "live" || document.documentElement.dataset.came) return; // the style sheet hides it, or boot.js says what is missing
    const since = view.state.lastNowMs;
    setText(title, since === null || view.feed === "connecting" ? text.title : say(text.since, { time: timeOfDay(since, view.zone) }));
    setText(why, reason(view));
  };
}

function reason(view) {
  if (view.fault) return view.fault.detail === null ? text.protocol : say(text.fault, { detail: view.fault.detail });
  if (view.feed === "connecting") return text.connecting;
  if (view.hasSlept) return text.slept;
  return view.isOpen ? say(text.silent, { age: age(view.silentMs) }) : say(text.closed, { attempt: view.attempt });
}
