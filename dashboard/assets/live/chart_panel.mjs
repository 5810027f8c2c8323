// What a person sees and asks while the infusion runs and after it: a response check, scales, symptoms. Sent together, told one by one.

import { act, button, outcomeLine } from "./actions.mjs";
import { checkDue, faultyItems, observed } from "./care.mjs";
import { el, setAttribute, setText, show } from "./dom.mjs";
import { clock } from "./format.mjs";
import { post } from "./rest.mjs";
import { signField } from "./sign_field.mjs";
import { say, signs, words } from "./words.mjs";

const text = words.chart;
const SCALES = ["sedation", "nausea", "agitation", "distress", "dissociation", "pain"];
const SYMPTOMS = ["vomiting", "panic", "chest_pain", "dyspnoea", "severe_headache", "neuro_sign", "syncope", "seizure", "allergic_sign"];
const SHOWN_IN = ["infusing", "paused", "recovery"];
const SAVED_FOR_MS = 8_000;

/** {node, put(session, view), focus(), open(sign)}. `checks()`: how often which sign is due, by the session's own rules. */
export function chartPanel(id, checks) {
  const outcome = outcomeLine();
  const due = el("span.check-due.num", { id: "check-due" });
  const fields = new Map(SCALES.map((sign) => [sign, signField(sign, count, { isEager: true })]));
  const symptoms = new Map(SYMPTOMS.map((sign) => [sign, symptomChip(sign, count)]));
  const all = new Map([...fields, ...symptoms]);
  const none = button(text.no_symptoms, () => {
    for (const chip of symptoms.values()) chip.choose(0);
    count();
  }, "quiet");
  const save = el("button.button.primary", { type: "submit" }, text.save);
  const clear = button(text.clear, () => forget([...all.keys()]), "quiet");
  const scales = el("div.scales", {}, ...[...fields.values()].map((field) => field.node));
  const chips = el("div.symptoms", { role: "group", "aria-label": text.symptoms }, ...[...symptoms.values()].map((chip) => chip.node));
  const foot = el("div.buttons", {}, save, clear);
  const form = el("form", {}, scales, el("div.symptoms-head", {}, el("h3", {}, text.symptoms), none), chips, foot, outcome.node);
  const node = el("section.card.chart", { "aria-label": text.title, id: "chart" }, el("div.card-head", {}, el("h2", {}, text.title), el("span.grow"), due), form);
  const savedUntil = new Map(); // sign -> until when "saved" stands beside it

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const items = chosen();
    if (items.length) send(items);
  });

  async function send(items) {
    for (const { sign } of items) all.get(sign).tell("saving");
    const answer = await act(save, outcome, () => post(`/sessions/${id}/observations`, { items }));
    if (answer === null) return;
    const faulty = faultyItems(answer);
    items.forEach(({ sign }, place) => all.get(sign).tell(answer.ok ? "saved" : faulty.size === 0 || faulty.has(place) ? "failed" : "idle"));
    if (!answer.ok) return; // what is not saved stays where it was put in
    for (const { sign, value } of items) {
      if (all.get(sign).value() === value) all.get(sign).choose(null);
      savedUntil.set(sign, performance.now() + SAVED_FOR_MS);
    }
    count();
  }

  function chosen() {
    return [...all].flatMap(([sign, part]) => (part.value() === null ? [] : [{ sign, value: part.value() }]));
  }

  function count() {
    const { length } = chosen();
    setText(save, length ? say(text.save_count, { count: length }) : text.save);
    const isFaulty = form.querySelector('[aria-invalid="true"]') !== null; // what cannot be sent must not be left behind in silence
    save.disabled = length === 0 || isFaulty;
    show(clear, length > 0 || isFaulty);
    for (const { sign } of chosen()) if (!savedUntil.has(sign)) all.get(sign).tell("idle");
  }

  function forget(those) {
    for (const sign of those) {
      all.get(sign).choose(null);
      all.get(sign).tell("idle");
    }
    outcome.clear();
    count();
  }

  count();
  return {
    node,
    focus: () => node.querySelector("button:not(:disabled)")?.focus(),
    open(sign) {
      const part = all.get(sign)?.node;
      part?.scrollIntoView({ block: "center" });
      (part?.matches("button") ? part : part?.querySelector("button, input, select"))?.focus();
    },
    put(session, view) {
      show(node, SHOWN_IN.includes(session.phase));
      const mayAct = view.state.hello?.role === "clinician";
      for (const [sign, part] of all) part.put(observed(session, sign), view, mayAct);
      for (const [sign, until] of savedUntil) {
        if (view.at < until) continue;
        savedUntil.delete(sign);
        all.get(sign).tell("idle");
      }
      show(none, mayAct);
      show(foot, mayAct);
      putDue(due, checkDue(session, checks(), view.heldNow));
    },
  };
}

function putDue(node, due) {
  show(node, due !== null);
  if (due === null) return;
  const isOver = due.dueInMs < 0;
  setAttribute(node, "data-overdue", String(isOver));
  setText(node, say(isOver ? text.check_overdue : text.check_in, { time: clock(Math.abs(due.dueInMs)) }));
}

/** A symptom: pressed means it will be charted as there; framed, that it stands. Pressing one that stands charts that it is over. */
function symptomChip(sign, onChange) {
  let [chosen, stands] = [null, null];
  const mark = el("span.sign-mark");
  const node = el("button.symptom", { type: "button", "data-sign": sign, onclick: press }, el("span", {}, signs[sign].label), mark);
  function choose(value) {
    chosen = value;
    draw();
  }
  function press() {
    choose(chosen === null ? (stands === 1 ? 0 : 1) : null);
    onChange();
  }
  function draw() {
    setAttribute(node, "aria-pressed", String((chosen ?? stands) === 1));
    setAttribute(node, "data-chosen", chosen);
    setAttribute(node, "data-stands", stands);
    if (chosen !== null) setText(mark, chosen ? text.yes : text.no);
    else if (node.dataset.state === undefined || node.dataset.state === "idle") setText(mark, stands === null ? "" : stands ? text.yes : text.no);
  }
  return {
    node,
    value: () => chosen,
    choose,
    tell(state) {
      setAttribute(node, "data-state", state);
      if (state === "idle") draw();
      else setText(mark, text[state] ?? "");
    },
    put(now, _view, mayAct) {
      stands = now === null ? null : now.value;
      if (node.disabled === mayAct) node.disabled = !mayAct;
      draw();
    },
  };
}
