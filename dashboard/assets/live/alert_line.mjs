// An alert as words, shape and colour: never one of them alone.

import { isUnanswered, signOf } from "./alerts.mjs";
import { el, setAttribute, setText, shape } from "./dom.mjs";
import { age, hourMinute, number, readable } from "./format.mjs";
import { drawsAlert } from "./presence.mjs";
import { lookOf } from "./values.mjs";
import { say, vitals, words } from "./words.mjs";

/** One line: shape, asterisks, what, how it stands. It flashes by its own priority, and only while nobody has answered it. */
export function alertLine() {
  const [icon, mark, what, stands] = [el("span.alert-icon"), el("b.alert-mark"), el("span.alert-what"), el("span.alert-stands")];
  const node = el("div.alert-line", {}, icon, mark, what, stands);
  return {
    node,
    put(alert, session, view) {
      const { tone, mark: asterisks, priority } = signOf(alert);
      if (icon.dataset.tone !== tone) {
        icon.dataset.tone = tone;
        icon.replaceChildren(shape(tone));
      }
      setAttribute(node, "data-tone", tone);
      setAttribute(node, "data-priority", priority);
      setAttribute(node, "data-state", alert.state);
      setAttribute(node, "data-flash", isUnanswered(alert) ? priority : null);
      drawsAlert(node, session, alert);
      setText(mark, asterisks);
      setText(what, readable(shortReason(alert)));
      setAttribute(what, "title", `${alert.title}: ${readable(alert.reason)}`);
      setText(stands, standsAs(alert, view));
      setAttribute(stands, "data-short", alert.state === "latched" ? words.alerts.latched_short : null); // what small tiles and the bar show (css)
    },
  };
}

/** A lesser alert beside another one: shape and title, small. {node, put(alert, session, view)}. */
export function alertName() {
  const [icon, what] = [el("span.alert-icon"), el("span")];
  const node = el("span.alert-name", {}, icon, what);
  return {
    node,
    put(alert, session, view) {
      const { tone } = signOf(alert);
      if (icon.dataset.tone !== tone) {
        icon.dataset.tone = tone;
        icon.replaceChildren(shape(tone));
      }
      setAttribute(node, "data-tone", tone);
      setAttribute(node, "data-state", alert.state);
      drawsAlert(node, session, alert);
      setText(what, alert.title);
      setAttribute(node, "title", [readable(alert.reason), standsAs(alert, view)].filter(Boolean).join(" · "));
    },
  };
}

const SHORT = 30;

/** The first clause of the reason, value and limit, where the alert is about one vital sign; else its title, with a reason that is short. */
export function shortReason(alert) {
  const [first] = alert.reason.split(", ");
  if (alert.kind === "technical" || !first) return alert.title;
  if (alert.vital !== null) return first;
  return first.length <= SHORT ? `${alert.title}: ${first}` : alert.title;
}

/** "acknowledged by R. Vega 10:37", "onset running", "over, unanswered"; nothing for a plain active one. */
export function standsAs(alert, view) {
  const { state, acknowledged_by: by, acknowledged_at_ms: at } = alert;
  if (state === "acknowledged") return say(words.alerts.acknowledged, { by: by ?? "?", time: at === null ? "" : hourMinute(at, view.zone) });
  if (state === "pending") return words.alerts.pending;
  return state === "latched" ? words.alerts.latched : "";
}

/** "acknowledged for 4:12 min": an answer that is old is one to come back to. Nothing for what is not answered. */
export function answeredFor(alert, view) {
  const { state, acknowledged_at_ms: at } = alert;
  return state === "acknowledged" && at !== null ? say(words.alerts.acknowledged_for, { age: age(view.heldNow - at) }) : "";
}

/** "last SpO2 79, 31 s ago", of an alert that a vital sign is missing: its last value, never without its age. Nothing for any other alert. */
export function lastKnown(alert, session, view) {
  if (alert.kind !== "technical" || alert.vital === null) return "";
  const { label, is_cuff: isCuff } = vitals[alert.vital];
  const { last, look, ageMs } = lookOf(session.vitals[alert.vital], view.now, { ...view, isCuff });
  return last === null || look === "current" ? "" : say(words.alerts.last_known, { label, value: number(last), age: age(ageMs) });
}
