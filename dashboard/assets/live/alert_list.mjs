// Every alert of a session that is not over, worst first: what, why, since when, who answered; and Acknowledge.

import { act, button, outcomeLine } from "./actions.mjs";
import { alertLine } from "./alert_line.mjs";
import { groups } from "./alerts.mjs";
import { el, keyed, setAttribute, setText, show } from "./dom.mjs";
import { readable, timeOfDay } from "./format.mjs";
import { post } from "./rest.mjs";
import { say, words } from "./words.mjs";

const text = words.alerts;

/** {node, put(session, view), acknowledge()}: `acknowledge` answers the alert that has the focus, else the worst unanswered one. */
export function alertList(id) {
  const outcome = outcomeLine();
  const [calm, list] = [el("p.muted", {}, text.none), el("ol.alert-list", { id: "alerts" })];
  const node = el("section.card.alerts", { "aria-label": text.title }, el("h2", {}, text.title), calm, list, outcome.node);
  const cards = new Map();
  let shown = [];
  return {
    node,
    put(session, view) {
      shown = groups(session.alerts);
      const mayAct = view.state.hello?.role === "clinician";
      keyed(list, cards, shown.map((group) => group.head.cause || group.head.id), () => alertCard(answer));
      const first = shown.find((group) => group.unanswered.length); // the one that the key answers
      for (const group of shown) cards.get(group.head.cause || group.head.id).put(group, view, { mayAct, hasKey: group === first });
      show(calm, shown.length === 0);
    },
    acknowledge() {
      const focused = [...cards.values()].find((card) => card.node.contains(document.activeElement));
      const card = focused?.canAnswer() ? focused : [...cards.values()].filter((one) => one.canAnswer()).sort(byPlace)[0];
      card?.press();
    },
  };

  /** Answer the worst unanswered alert of a group; the monitor answers the lesser ones of its cause with it. */
  function answer(pressed, group) {
    const [worst] = group.unanswered;
    return act(pressed, outcome, () => post(`/sessions/${id}/alerts/${encodeURIComponent(worst.id)}/acknowledgement`));
  }
}

const byPlace = (a, b) => (a.node.compareDocumentPosition(b.node) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1);

function alertCard(answer) {
  const line = alertLine();
  const [title, reason, since, others] = [el("b"), el("span"), el("span.num"), el("p.alert-others.muted")];
  let group = null;
  const press = button(text.acknowledge, () => answer(press, group), "primary");
  const key = el("kbd", {}, text.key);
  press.append(key);
  const node = el("li.alert-card", { tabindex: "0" }, line.node, el("p.alert-why", {}, title, " ", reason), others, el("div.alert-foot", {}, since, press));
  return {
    node,
    canAnswer: () => !press.hidden && !press.disabled,
    press: () => press.click(),
    put(next, view, { mayAct, hasKey }) {
      group = next;
      line.put(group, view);
      const { head } = group;
      setAttribute(node, "data-tone", line.node.dataset.tone);
      setAttribute(node, "data-alert", head.id);
      setText(title, head.title);
      setText(reason, readable(head.reason));
      setText(since, say(text.since, { time: timeOfDay(head.since_ms, view.zone) }));
      show(others, group.others.length > 0);
      setText(others, say(text.others, { titles: group.others.map((alert) => alert.title).join(", ") }));
      show(key, hasKey);
      show(press, mayAct && group.unanswered.length > 0);
    },
  };
}
