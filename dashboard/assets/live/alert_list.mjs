// Every alert of a session that is not over, one card for each cause: the highest with its reason, the others beneath it; since when, who
// has seen it, who answered and how long ago; and Acknowledge.

import { act, button, outcomeLine } from "./actions.mjs";
import { alertLine, answeredFor, lastKnown, standsAs } from "./alert_line.mjs";
import { isUnanswered, pendingOf, presentedOf, signOf } from "./alerts.mjs";
import { el, keyed, setAttribute, setText, shape, show } from "./dom.mjs";
import { readable, timeOfDay } from "./format.mjs";
import { pauseControl } from "./pause_control.mjs";
import { drawsAlert } from "./presence.mjs";
import { post } from "./rest.mjs";
import { say, words } from "./words.mjs";

const text = words.alerts;

/** {node, put(session, view), acknowledge(), togglePause()}: `acknowledge` answers the alert that has the focus, else the worst unanswered one. */
export function alertList(id) {
  const outcome = outcomeLine();
  const pause = pauseControl(id, { hasKey: true });
  const [calm, list] = [el("p.muted", {}, text.none), el("ol.alert-list", { id: "alerts" })];
  const head = el("div.card-head", {}, el("h2", {}, text.title), el("span.grow"), pause.node);
  const node = el("section.card.alerts", { "aria-label": text.title }, head, calm, list, outcome.node);
  const cards = new Map();
  return {
    node,
    put(session, view) {
      const pending = pendingOf(session).map((alert) => ({ head: alert, others: [], unanswered: [] }));
      const shown = [...presentedOf(session), ...pending];
      const mayAct = view.state.hello?.role === "clinician";
      keyed(list, cards, shown.map(keyOf), () => alertCard(answer));
      const first = shown.find((group) => group.unanswered.length); // the one that the key answers
      for (const group of shown) cards.get(keyOf(group)).put(group, session, view, { mayAct, hasKey: group === first });
      show(calm, shown.length === 0);
      pause.put(session, view);
    },
    acknowledge() {
      const focused = [...cards.values()].find((card) => card.node.contains(document.activeElement));
      const card = focused?.canAnswer() ? focused : [...cards.values()].filter((one) => one.canAnswer()).sort(byPlace)[0];
      card?.press();
    },
    togglePause: pause.press,
  };

  /** Answer the worst unanswered alert of a group; the monitor answers the lesser ones of its cause with it. */
  function answer(pressed, group) {
    const [worst] = group.unanswered;
    return act(pressed, outcome, () => post(`/sessions/${id}/alerts/${encodeURIComponent(worst.id)}/acknowledgement`));
  }
}

/** A card stays the same while alerts of its cause come and go; what is pending has cards of its own. */
const keyOf = ({ head }) => (head.state === "pending" ? head.id : head.cause || head.id);
const byPlace = (a, b) => (a.node.compareDocumentPosition(b.node) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1);

function alertCard(answer) {
  const line = alertLine();
  const [title, reason, last] = [el("b"), el("span"), el("span.num.muted")];
  const [since, seen, answered, level] = [el("span.num"), el("span.num.alert-seen"), el("span.num.alert-answered"), el("b.alert-level")];
  const others = el("ul.alert-others");
  const rows = new Map();
  let group = null;
  const press = button(text.acknowledge, () => answer(press, group), "primary");
  const key = el("kbd", {}, text.key);
  press.append(key);
  const foot = el("div.alert-foot", {}, el("span.alert-times", {}, since, seen, answered, level), press);
  const node = el("li.alert-card", { tabindex: "0" }, line.node, el("p.alert-why", {}, title, " ", reason, " ", last), others, foot);
  return {
    node,
    canAnswer: () => !press.hidden && !press.disabled,
    press: () => press.click(),
    put(next, session, view, { mayAct, hasKey }) {
      group = next;
      const { head } = group;
      line.put(head, session, view);
      setAttribute(node, "data-tone", line.node.dataset.tone);
      setAttribute(node, "data-alert", head.id);
      setText(title, head.title);
      setText(reason, readable(head.reason));
      const known = lastKnown(head, session, view);
      putText(last, known && `· ${known}`);
      setText(since, say(text.since, { time: timeOfDay(head.since_ms, view.zone) }));
      putSeen(seen, head, view);
      putText(answered, answeredFor(head, view));
      show(level, (head.escalation ?? 0) > 0);
      setText(level, say(text.escalated, { level: head.escalation ?? 0 }));
      show(others, group.others.length > 0);
      keyed(others, rows, group.others.map((alert) => alert.id), other);
      for (const alert of group.others) rows.get(alert.id).put(alert, session, view);
      show(key, hasKey);
      show(press, mayAct && group.unanswered.length > 0);
    },
  };
}

/** When a screen that can be seen and heard first showed it. What is not raised yet need not be shown. */
function putSeen(node, alert, view) {
  const shownAt = alert.shown_at_ms ?? null;
  show(node, alert.raised_at_ms !== null);
  setAttribute(node, "data-seen", String(shownAt !== null));
  setText(node, shownAt === null ? text.not_shown : say(text.shown, { time: timeOfDay(shownAt, view.zone) }));
}

/** An empty text takes no room. */
function putText(node, said) {
  show(node, said !== "");
  setText(node, said);
}

/** A lesser alert of the same cause: small, with its reason. */
function other() {
  const [icon, title, reason, stands] = [el("span.alert-icon"), el("b"), el("span"), el("span.muted")];
  const node = el("li", {}, icon, el("span", {}, title, " ", reason, " ", stands));
  return {
    node,
    put(alert, session, view) {
      const { tone, priority } = signOf(alert);
      if (icon.dataset.tone !== tone) {
        icon.dataset.tone = tone;
        icon.replaceChildren(shape(tone));
      }
      setAttribute(node, "data-tone", tone);
      setAttribute(node, "data-flash", isUnanswered(alert) ? priority : null);
      drawsAlert(node, session, alert);
      setText(title, alert.title);
      setText(reason, readable(alert.reason));
      setText(stands, [lastKnown(alert, session, view), standsAs(alert, view), answeredFor(alert, view)].filter(Boolean).join(" · "));
    },
  };
}
