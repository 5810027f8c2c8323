// Beside the notice at the foot of every page: whether this screen stays on.

import { el, setAttribute, setText } from "./dom.mjs";
import { wakeState } from "./wake_lock.mjs";
import { words } from "./words.mjs";

/** Returns the drawer. */
export function awake() {
  const node = el("span.awake", { id: "awake" });
  document.querySelector("#about p").append(" ", node);
  return function draw() {
    const state = wakeState();
    setText(node, words.awake[state]);
    setAttribute(node, "data-state", state);
  };
}
