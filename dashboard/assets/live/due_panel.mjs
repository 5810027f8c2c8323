// What is to be observed: each counts down, says when it is due and when it is overdue, and opens its entry.

import { el, keyed, setAttribute, setText, show } from "./dom.mjs";
import { dueList } from "./due.mjs";
import { clock } from "./format.mjs";
import { protocols } from "./protocols.mjs";
import { say, signs, vitals, words } from "./words.mjs";

const text = words.due;
const SOON_MS = 60_000;

/** "in 4:10", "due now" for the minute before its time, "overdue 3:10". */
export function dueText(dueInMs, time = clock) {
  if (dueInMs < 0) return { state: "overdue", text: say(text.overdue, { time: time(-dueInMs) }) };
  return dueInMs <= SOON_MS ? { state: "now", text: text.now } : { state: "later", text: say(text.in, { time: time(dueInMs) }) };
}

/** What is due, by its name. */
export const dueLabel = (what) => (vitals[what] ? text.blood_pressure : (signs[what]?.label ?? what));

/** {node, put(session, view)}. `checks()`: the rules' own; `open(what)`: go to the entry of a sign. */
export function duePanel(checks, open) {
  const list = el("ul.due-list");
  const node = el("section.card.due", { id: "due", "aria-label": text.title, hidden: true }, el("h2", {}, text.title), list);
  const rows = new Map();
  return {
    node,
    put(session, view) {
      const due = view.heldNow === null ? [] : dueList(session, protocols().due, checks(), view.heldNow);
      show(node, due.length > 0);
      keyed(list, rows, due.map((one) => one.what), (what) => row(what, () => open(what)));
      for (const one of due) rows.get(one.what).put(one);
    },
  };
}

function row(what, open) {
  const when = el("b.due-when.num");
  const press = el("button", { type: "button", onclick: open }, el("span.due-what", {}, dueLabel(what)), when);
  const node = el("li", { "data-what": what }, press);
  return {
    node,
    put({ dueInMs }) {
      const told = dueText(dueInMs);
      setAttribute(node, "data-due", told.state);
      setText(when, told.text);
    },
  };
}
