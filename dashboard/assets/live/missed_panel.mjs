// After a sleep, a freeze or a lost connection: which alerts began, ended or were answered meanwhile, until somebody has read it.

import { shortReason } from "./alert_line.mjs";
import { button } from "./actions.mjs";
import { signOf } from "./alerts.mjs";
import { el, setText, shape, show } from "./dom.mjs";
import { hourMinute, readable, timeOfDay } from "./format.mjs";
import { isKiosk } from "./kiosk.mjs";
import { follow, isSettling, MAX_LINES, present, whatWasMissed } from "./missed.mjs";
import { roomName, say, words } from "./words.mjs";

const text = words.missed;
const KIOSK_MS = 600_000; // nobody can dismiss it there

/** {node, draw(view)}: a part of the header. */
export function missedPanel() {
  let memory = present();
  let written = null; // the list as it stands, so that it is built once and not with every draw
  const [title, list, more] = [el("b"), el("ul.missed-list"), el("span.muted")];
  const forget = () => {
    memory = { ...memory, away: null };
    written = null;
    show(node, false);
  };
  const dismiss = button(text.dismiss, forget);
  const node = el("section.missed", { id: "missed", "aria-label": text.label, hidden: true }, el("div.missed-head", {}, title, dismiss), list, more);
  return {
    node,
    draw(view) {
      memory = follow(memory, { at: view.at, feed: view.feed, nowMs: view.now, state: view.state });
      const { away } = memory;
      if (away === null || away.backAt === null) return;
      if (!isSettling(away, view.at)) {
        if (node.hidden) memory = { ...memory, away: null }; // nothing was missed
        else if (isKiosk && view.at - away.backAt > KIOSK_MS) forget();
        return;
      }
      const found = whatWasMissed(away.from, view.state, away.untilMs);
      const key = JSON.stringify(found.map((one) => [one.session, one.alert?.id ?? one.title, one.how]));
      show(node, found.length > 0);
      if (key === written) return;
      written = key;
      setText(title, say(text.title, { from: timeOfDay(away.from.nowMs, view.zone), until: timeOfDay(away.untilMs, view.zone) }));
      list.replaceChildren(...found.slice(0, MAX_LINES).map((one) => line(one, view)));
      setText(more, found.length > MAX_LINES ? say(text.more, { count: found.length - MAX_LINES }) : "");
    },
  };
}

function line({ room, alert, title, how }, view) {
  if (alert === null) return el("li", {}, el("b", {}, roomName(room)), " ", readable(title), " · ", text.passed);
  const { tone, mark } = signOf(alert);
  const when = how === "began" ? say(text.began, { time: hourMinute(alert.raised_at_ms ?? alert.since_ms, view.zone) }) : text[how];
  const by = how === "answered" ? ` ${say(text.by, { by: alert.acknowledged_by ?? "?" })}` : "";
  const short = readable(shortReason(alert));
  const name = short.startsWith(alert.title) ? short : `${alert.title}, ${short}`;
  return el("li", {}, el("b", {}, roomName(room)), el(`span.alert-icon.tone-${tone}`, {}, shape(tone)), ` ${mark} ${name} · ${when}${by}`);
}
