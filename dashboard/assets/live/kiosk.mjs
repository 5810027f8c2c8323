// A wall screen that is only looked at: `/?kiosk=1`. No buttons, larger type, no pointer, and it says what it is.
//
// It watches as any other screen does, and that only while its sound is proven. Nobody presses a key there, so it plays its test tone by
// itself where the browser's policy lets a page sound, else at the first touch.

import { el, setText } from "./dom.mjs";
import { soundState, testSound } from "./sound.mjs";
import { words } from "./words.mjs";

export const isKiosk = new URLSearchParams(location.search).get("kiosk") === "1";
const PROVE_EVERY_MS = 10_000;

/** Call once, before the parts are mounted. Returns the drawer. */
export function kiosk() {
  if (!isKiosk) return () => {};
  document.documentElement.dataset.kiosk = "true";
  let triedAt = -Infinity;
  for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, () => testSound(), { passive: true });
  return function draw({ at }) {
    if (!["unproven", "failed"].includes(soundState(at)) || at - triedAt < PROVE_EVERY_MS) return;
    triedAt = at;
    testSound();
  };
}

/** What stands in the header of such a screen. */
export function kioskChip() {
  const node = el("span.chip.kiosk", { id: "kiosk-chip", hidden: !isKiosk });
  setText(node, words.header.kiosk);
  return { node };
}
