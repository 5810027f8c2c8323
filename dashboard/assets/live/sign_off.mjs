// The signature for the discharge: who signs, with the printed name, and what the signature means. Signing is not closing.

import { act, confirmButton, outcomeLine } from "./actions.mjs";
import { el, setText, show } from "./dom.mjs";
import { hourMinute } from "./format.mjs";
import { post } from "./rest.mjs";
import { say, words } from "./words.mjs";

const text = words.sign_off;

/** {node, put(session, view)}. There in recovery, and where somebody has signed. */
export function signOff(id) {
  const outcome = outcomeLine();
  const [signed, meaning] = [el("p.signed", { role: "status" }), el("p")];
  const sign = confirmButton(text.sign, (pressed) => act(pressed, outcome, () => post(`/sessions/${id}/sign-off`, { meaning: text.meaning })), "primary");
  const node = el("section.card.sign-off", { id: "sign-off", "aria-label": text.title, hidden: true }, el("h2", {}, text.title), meaning, signed, sign.node, outcome.node);
  return {
    node,
    put(session, view) {
      const one = session.signed_off ?? null;
      const mayAct = view.state.hello?.role === "clinician" && session.phase === "recovery";
      show(node, session.order.treatment !== "none" && (mayAct || one !== null));
      setText(meaning, one === null ? say(text.will, { meaning: text.meaning, name: view.state.hello?.user ?? "" }) : `“${one.meaning}”`);
      show(signed, one !== null);
      if (one !== null) setText(signed, say(text.signed, { name: one.name, by: one.by, time: hourMinute(one.at_ms, view.zone) }));
      show(sign.node, mayAct && one === null);
    },
  };
}
