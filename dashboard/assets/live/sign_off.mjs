// The signature for the discharge: who signs, with the printed name, what the signature means, and which state of the record it is under.
// That is shown before it is signed, and afterwards. Signing is not closing.

import { act, button, DOUBLE_TAP_MS, outcomeLine } from "./actions.mjs";
import { el, setText, show } from "./dom.mjs";
import { hourMinute, utc } from "./format.mjs";
import { get, post } from "./rest.mjs";
import { say, words } from "./words.mjs";

const text = words.sign_off;
const SHORT = 16; // of a digest's 64 characters

/** {node, put(session, view)}. There in recovery, and where somebody has signed. */
export function signOff(id) {
  const [signed, meaning, told] = [el("p.signed", { role: "status" }), el("p"), el("div.signed-state")];
  const form = signForm(id);
  const node = el("section.card.sign-off", { id: "sign-off", "aria-label": text.title, hidden: true }, el("h2", {}, text.title), meaning, signed, told, form.node);
  let drawn = null;
  return {
    node,
    put(session, view) {
      const one = session.signed_off ?? null;
      const mayAct = view.state.hello?.role === "clinician" && session.phase === "recovery";
      show(node, session.order.treatment !== "none" && (mayAct || one !== null));
      setText(meaning, one === null ? say(text.will, { meaning: text.meaning, name: view.state.hello?.user ?? "" }) : `“${one.meaning}”`);
      show(signed, one !== null);
      show(form.node, mayAct && one === null);
      if (one === null || one.at_ms === drawn) return;
      drawn = one.at_ms;
      setText(signed, say(text.signed, { name: one.name, by: one.by, time: hourMinute(one.at_ms, view.zone) }));
      told.replaceChildren(...(one.under ? [facts({ ...one, meaning: null })] : []));
    },
  };
}

/** What is signed, row by row. `under`: the state of the record. The whole digest can be selected; its beginning is what people compare. */
export function facts({ name, by, at_ms: atMs, meaning, under }) {
  const rows = [
    [text.name, `${name} (${by})`],
    [text.time, utc(atMs)],
    [text.means, meaning],
    [text.entries, say(text.entries_to, { seq: under.seq })],
    [text.digest, el("details.digest", {}, el("summary.num", {}, `${under.digest.slice(0, SHORT)}…`), el("code", {}, under.digest))],
    [text.checkpoint, under.size ? el("span.num", {}, say(text.leaves, { size: under.size }), " ", el("code", {}, under.root)) : text.no_checkpoint],
  ];
  return el("dl.sign-facts", {}, ...rows.filter(([, value]) => value !== null).map(([term, value]) => el("div", {}, el("dt", {}, term), el("dd", {}, value))));
}

/** The first press shows what would be signed, the second signs just that. What came since that nobody was shown is shown first. */
function signForm(id) {
  const [outcome, shown] = [outcomeLine(), el("div.sign-shown", { role: "group", "aria-label": text.what })];
  let now = null;
  const open = button(text.sign, () => act(open, outcome, look), "primary");
  const sure = button(text.sure, () => act(sure, outcome, sign), "primary");
  const cancel = button(words.controls.cancel, close, "quiet");
  const buttons = el("div.buttons", {}, open);

  async function look() {
    const answer = await get(`/sessions/${id}/sign-off`);
    if (!answer.ok) return answer;
    now = answer.body;
    shown.replaceChildren(facts({ ...now, meaning: text.meaning }));
    buttons.replaceChildren(cancel, sure); // "Cancel" is what comes to lie under the finger
    cancel.focus();
    sure.disabled = true;
    setTimeout(() => (sure.disabled = false), DOUBLE_TAP_MS);
    return { ok: true, said: text.look };
  }

  async function sign() {
    const answer = await post(`/sessions/${id}/sign-off`, { meaning: text.meaning, under: now.under });
    if (answer.reason === "record_moved_on") {
      const again = await look();
      return again.ok ? { ...again, said: text.moved_on } : again;
    }
    if (answer.ok) close();
    return answer;
  }

  function close() {
    now = null;
    shown.replaceChildren();
    buttons.replaceChildren(open);
    outcome.clear();
  }

  return { node: el("div.sign-form", {}, shown, buttons, outcome.node) };
}
