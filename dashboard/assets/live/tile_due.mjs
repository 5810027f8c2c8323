// The next observation of a room on its tile. Nothing stands there before the session's own checks are known: the schedule alone could
// show a later time than the one that counts.

import { nextDue } from "./due.mjs";
import { dueLabel, dueText } from "./due_panel.mjs";
import { el, setAttribute, setText, show } from "./dom.mjs";
import { calmClock } from "./format.mjs";
import { protocols } from "./protocols.mjs";
import { get } from "./rest.mjs";
import { say, words } from "./words.mjs";

const text = words.ward;
const ASK_EVERY_MS = 10_000;
let known = {};
let askedAt = -Infinity;

/** The rules' own checks of a session; null until the monitor has told them. */
function checksOf(id, at) {
  if (!known[id] && at - askedAt > ASK_EVERY_MS) {
    askedAt = at;
    get("/ward/checks").then((answer) => {
      if (answer.ok) known = answer.body ?? {};
    });
  }
  return known[id] ?? null;
}

/** {node, put(session, view, density)}. Smaller tiles have fewer words. */
export function tileDue() {
  const node = el("span.tile-due.num");
  return {
    node,
    put(session, view, density) {
      const checks = checksOf(session.id, view.at);
      const next = checks === null || view.heldNow === null ? null : nextDue(session, protocols().due, checks, view.heldNow);
      show(node, next !== null);
      if (next === null) return;
      const told = dueText(next.dueInMs, calmClock);
      const short = say(next.dueInMs < 0 ? text.due_over : text.due_in, { time: calmClock(Math.abs(next.dueInMs)) });
      setText(node, say(text.due, { what: dueLabel(next.what), when: density === "full" ? told.text : short }));
      setAttribute(node, "data-due", told.state);
      setAttribute(node, "title", say(text.due, { what: dueLabel(next.what), when: told.text }));
    },
  };
}
