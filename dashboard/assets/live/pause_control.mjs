// The sound of one session rests for two minutes at most, on every screen; it comes back by itself, and at once with a new alert.

import { act, button, outcomeLine } from "./actions.mjs";
import { presentedOf } from "./alerts.mjs";
import { el, setAttribute, setText, show } from "./dom.mjs";
import { clock } from "./format.mjs";
import { isKiosk } from "./kiosk.mjs";
import { LONGEST_S, pauseOf } from "./pause.mjs";
import { post, remove } from "./rest.mjs";
import { roomName, say, words } from "./words.mjs";

const text = words.pause;

/** {node, put(session, view), press()}. There while something calls or the sound rests, else out of the way. `press`: what its key does. */
export function pauseControl(id, { hasKey = false } = {}) {
  const outcome = outcomeLine();
  const left = el("span.pause-left.num");
  const rest = button("", () => act(rest, outcome, () => post(`/sessions/${id}/audio-pause`, { seconds: LONGEST_S })));
  const back = button("", () => act(back, outcome, () => remove(`/sessions/${id}/audio-pause`)));
  for (const [one, name] of [[rest, text.pause], [back, text.resume]]) one.append(el("span", {}, name), ...(hasKey ? [el("kbd", { "data-key": text.key })] : []));
  const node = el("div.pause", { hidden: true }, left, rest, back, outcome.node);
  return {
    node,
    press: () => [rest, back].find((one) => !one.hidden && !one.disabled && !node.hidden)?.click(),
    put(session, view, _density, isNews = true) {
      const pause = pauseOf(session, view.now);
      if (!isNews && pause === null && left.hidden) return;
      const mayAct = view.state.hello?.role === "clinician" && !isKiosk;
      const calls = presentedOf(session).some((group) => group.unanswered.length);
      show(node, pause !== null || (mayAct && calls));
      setAttribute(node, "data-paused", String(pause !== null));
      show(left, pause !== null);
      if (pause !== null) {
        const time = clock(pause.leftMs + 999);
        setText(left, say(text.left, { by: pause.by, time }));
        setAttribute(left, "data-short", time); // what small tiles show of it (css)
      }
      show(rest, mayAct && pause === null);
      show(back, mayAct && pause !== null);
      const room = roomName(session.room);
      setAttribute(rest, "aria-label", say(text.label, { what: text.pause, room }));
      setAttribute(back, "aria-label", say(text.label, { what: text.resume, room }));
      if (node.hidden) outcome.clear();
    },
  };
}
