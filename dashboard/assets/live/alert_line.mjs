// An alert as words, shape and colour: never one of them alone.

import { isUnanswered, signOf } from "./alerts.mjs";
import { el, setAttribute, setText, shape } from "./dom.mjs";
import { hourMinute, readable } from "./format.mjs";
import { say, words } from "./words.mjs";

/** One line: shape, asterisks, what, how it stands. {node, put(group, view)}. */
export function alertLine() {
  const [icon, mark, what, stands] = [el("span.alert-icon"), el("b.alert-mark"), el("span.alert-what"), el("span.alert-stands")];
  const node = el("div.alert-line", {}, icon, mark, what, stands);
  return {
    node,
    put({ head, unanswered }, view) {
      // The head says how bad it is; if somebody answered it, a lesser alert of the same cause may still be unanswered.
      const { tone, mark: asterisks, priority } = signOf(head);
      if (icon.dataset.tone !== tone) {
        icon.dataset.tone = tone;
        icon.replaceChildren(shape(tone));
      }
      setAttribute(node, "data-tone", tone);
      setAttribute(node, "data-priority", priority);
      setAttribute(node, "data-state", unanswered.length && !isUnanswered(head) ? unanswered[0].state : head.state);
      setText(mark, asterisks);
      setText(what, readable(shortReason(head)));
      setAttribute(what, "title", `${head.title}: ${readable(head.reason)}`);
      setText(stands, standsAs(head, view));
    },
  };
}

/** The first clause of the reason: value and limit. A technical alert is known by its title. */
export function shortReason(alert) {
  return alert.kind === "technical" ? alert.title : alert.reason.split(", ")[0] || alert.title;
}

/** "acknowledged by R. Vega 10:37", "onset running", "over, unanswered"; nothing for a plain active one. */
export function standsAs(alert, view) {
  const { state, acknowledged_by: by, acknowledged_at_ms: at } = alert;
  if (state === "acknowledged") return say(words.alerts.acknowledged, { by: by ?? "?", time: at === null ? "" : hourMinute(at, view.zone) });
  if (state === "pending") return words.alerts.pending;
  return state === "latched" ? words.alerts.latched : "";
}
