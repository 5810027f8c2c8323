// The flash of all alerts: one mark on the whole page says which priorities are dark now, and the style sheet does the rest.
//
// An animation for each alert has the whole page composed sixty times a second to look the same.

import { flashAt } from "./signals.mjs";

/** Start once per page load. A page that stands still shows its alerts bright or dark; both carry the words. */
export function keepFlashing() {
  const { dark, until } = flashAt(performance.now());
  document.documentElement.dataset.dark = dark.join(" ");
  setTimeout(keepFlashing, until - performance.now());
}
