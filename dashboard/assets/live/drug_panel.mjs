// What was drawn, given, wasted and by whose witness, and what is left of it. Folded: one line says how it stands.

import { act, button, outcomeLine } from "./actions.mjs";
import { account } from "./drug.mjs";
import { el, keyed, setAttribute, setText, show } from "./dom.mjs";
import { hourMinute, mg, number } from "./format.mjs";
import { post } from "./rest.mjs";
import { say, words } from "./words.mjs";

const text = words.drug;
const EVEN_UG = 500; // only for how it is shown; whether the discharge is open is the gate's word

/** {node, put(session, view)}. */
export function drugPanel(id) {
  const outcome = outcomeLine();
  const [balance, sum] = [el("span.drug-balance.num", { id: "drug-balance" }), el("p.num.small.muted")];
  const list = el("ul.drug-list");
  const drawn = form(text.draw, [["lot", text.lot, "text"], ["concentration_mg_per_ml", text.strength, "number"], ["amount_mg", text.amount, "number"]]);
  const wasted = form(text.waste, [["amount_mg", text.amount, "number"], ["note", text.note, "text", false]]);
  const forms = el("div.drug-forms", {}, drawn.node, wasted.node);
  const summary = el("summary.card-head", {}, el("h2", {}, text.title), el("span.grow"), balance);
  const node = el("details.card.folding.drug", { id: "drug", "aria-label": text.title }, summary, sum, list, forms, outcome.node);
  const rows = new Map();
  let phase = null;
  drawn.onSend((body) => send(drawn, { kind: "drawn", ...body }));
  wasted.onSend((body) => send(wasted, { kind: "wasted", ...body }));

  async function send(one, body) {
    const answer = await act(one.submit, outcome, () => post(`/sessions/${id}/drug`, body));
    if (answer?.ok) one.node.reset(); // what is not saved stays as it was typed
  }

  return {
    node,
    put(session, view) {
      show(node, session.order.treatment !== "none");
      const now = account(session, view.heldNow);
      const isEven = Math.abs(now.leftUg) <= EVEN_UG;
      if (session.phase !== phase) {
        phase = session.phase; // what this phase needs is open: after the stop, what is left
        node.open = phase === "recovery" && !isEven;
      }
      const isBegun = now.drawnUg > 0 || now.givenUg > 0;
      setAttribute(node, "data-even", String(isEven));
      setText(balance, !isBegun ? text.nothing : now.leftUg < -EVEN_UG ? say(text.short, { mg: mg(-now.leftUg) }) : isEven ? text.even : say(text.left, { mg: mg(now.leftUg) }));
      setText(sum, say(text.sum, { drawn: mg(now.drawnUg), given: mg(now.givenUg), wasted: mg(now.wastedUg), left: mg(now.leftUg).replace("-", "\u2212") }));
      const mayAct = view.state.hello?.role === "clinician" && !["closed", "aborted"].includes(session.phase);
      const entries = [...(session.vials ?? []), ...(session.wastes ?? [])].sort((a, b) => a.seq - b.seq);
      keyed(list, rows, entries.map((one) => one.seq), (seq) => row((pressed) => act(pressed, outcome, () => post(`/sessions/${id}/drug/${seq}/witness`))));
      for (const one of entries) rows.get(one.seq).put(one, view, mayAct);
      show(forms, mayAct);
    },
  };
}

function row(witness) {
  const what = el("span.num");
  const press = button(text.witness, () => witness(press), "primary");
  const node = el("li", {}, what, press);
  return {
    node,
    put(one, view, mayAct) {
      const at = { time: hourMinute(one.at_ms, view.zone), by: one.by };
      const waits = one.wasted_ug !== undefined && one.witness === null;
      if (one.drawn_ug !== undefined) setText(what, say(text.drawn, { ...at, mg: mg(one.drawn_ug), strength: number(one.concentration_ug_per_ml / 1000), lot: one.lot }));
      else setText(what, say(waits ? text.wasted_waits : text.wasted, { ...at, mg: mg(one.wasted_ug), witness: one.witness ?? "" }) + (one.note ? ` (${one.note})` : ""));
      const isMine = one.by === view.state.hello?.user;
      setAttribute(node, "data-waits", String(waits));
      if (waits && isMine) setText(what, `${what.textContent} ${text.own}`);
      show(press, waits && mayAct && !isMine);
    },
  };
}

/** A small form: [name, label, type, isRequired]. A number is sent as a number, an empty text not at all. */
function form(name, fields) {
  const inputs = fields.map(([key, label, type, isRequired = true]) => {
    const more = type === "number" ? { step: "any", min: "0.001", inputmode: "decimal" } : { maxlength: "80", autocomplete: "off" };
    return [key, el("input", { type, required: isRequired, ...more }), label, type];
  });
  const submit = el("button.button", { type: "submit" }, name);
  const node = el("form.drug-form", { "aria-label": name }, ...inputs.map(([, input, label]) => el("label.field", {}, el("span", {}, label), input)), submit);
  return {
    node,
    submit,
    onSend(send) {
      node.addEventListener("submit", (event) => {
        event.preventDefault();
        const values = inputs.filter(([, input]) => input.value !== "").map(([key, input, , type]) => [key, type === "number" ? input.valueAsNumber : input.value]);
        send(Object.fromEntries(values));
      });
    },
  };
}
