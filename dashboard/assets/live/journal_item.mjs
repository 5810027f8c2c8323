// One item of the journal: an alert with its shape, how long it stood and, when opened, its steps; or one line of anything else.

import { el, setAttribute, setText, shape, show } from "./dom.mjs";
import { clock, readable, timeOfDay } from "./format.mjs";
import { reasonOf, stepWords } from "./journal_groups.mjs";
import { say, words } from "./words.mjs";

const text = words.journal;

/** {node, put(item, zone)} of an alert. Opened, it stays open while its steps grow. */
export function alertItem() {
  const [time, sign, title, reason, state, steps] = [el("time.num"), el("span.journal-sign", { "aria-hidden": "true" }), el("b"), el("span"), el("span.journal-state"), el("div.journal-steps")];
  const node = el("li", {}, time, el("details", {}, el("summary", {}, sign, el("span.journal-what", {}, title, " ", reason), state), steps));
  let drawn = 0;
  let drawnTone = null;
  return {
    node,
    put(item, zone) {
      const { alert } = item;
      Object.assign(node.dataset, { kind: item.kind, category: item.category, tone: alert.tone, state: alert.state });
      setText(time, timeOfDay(item.atMs, zone));
      if (drawnTone !== alert.tone) sign.replaceChildren(shape(alert.tone), el("b", {}, alert.mark));
      drawnTone = alert.tone;
      setAttribute(sign, "class", `journal-sign tone-${alert.tone}`);
      setText(title, say(text.alert, { priority: text.priorities[alert.priority], title: alert.title }));
      setText(reason, readable(reasonOf(item)));
      setText(state, stateWords(item, zone));
      for (const entry of item.steps.slice(drawn)) steps.append(el("div.journal-step", {}, el("time.num", {}, timeOfDay(entry.at_ms, zone)), el("span", {}, readable(stepWords(alert, entry)))));
      drawn = item.steps.length;
    },
  };
}

/** "raised 10:40:05 · acknowledged 10:40:31 · over after 3:55". */
function stateWords({ alert }, zone) {
  if (alert.raisedMs === null) return alert.state === "pending" ? text.pending : text.not_raised;
  const parts = [say(text.raised, { time: timeOfDay(alert.raisedMs, zone) })];
  if (alert.answered) parts.push(say(text.answered, { time: timeOfDay(alert.answered.at_ms, zone) }));
  parts.push(alert.endMs !== null ? say(text.over, { time: clock(alert.endMs - alert.raisedMs) }) : text.states[alert.state]);
  return parts.filter(Boolean).join(" · ");
}

/** {node, put(item, zone)} of anything that is no alert: its words, each entry on a line of its own. */
export function plainItem() {
  const [time, kind, what] = [el("time.num"), el("span.journal-kind"), el("span.journal-what")];
  const node = el("li", {}, time, el("div", {}, kind, what));
  return {
    node,
    put(item, zone) {
      Object.assign(node.dataset, { kind: item.kind, category: item.category });
      setText(time, timeOfDay(item.atMs, zone));
      const name = text.kinds[item.kind] ?? "";
      show(kind, name !== "");
      setText(kind, name);
      const lines = item.steps.map((entry) => el("span", { "data-voided": item.voided.has(entry.seq) ? "true" : null }, readable(entry.text)));
      what.replaceChildren(...lines.flatMap((one, place) => (place ? ["\n", one] : [one])));
    },
  };
}
