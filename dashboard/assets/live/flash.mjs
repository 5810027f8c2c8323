// The flash of all alerts: one mark on the whole page says which priorities are dark now, and the style sheet does the rest.
//
// An animation for each alert has the whole page composed sixty times a second to look the same. The mark turns with what is drawn anyway,
// where that is near enough: each picture of a large wall costs, whatever is new in it.

import { setAttribute } from "./dom.mjs";
import { flashNear } from "./signals.mjs";

let turning = null;

/** A drawer. A page that stands still shows its alerts bright or dark; both carry the words. */
export function keepFlashing() {
  const at = performance.now();
  const { dark, again } = flashNear(at);
  setAttribute(document.documentElement, "data-dark", dark.join(" "));
  clearTimeout(turning);
  turning = setTimeout(keepFlashing, again - at);
}
