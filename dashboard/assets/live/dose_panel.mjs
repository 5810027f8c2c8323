// What was given and what goes in now. The monitor records what a person set on the pump; it never drives one.

import { act, button, confirmButton, outcomeLine } from "./actions.mjs";
import { dose, isInfused, nextPartIn, plannedRate } from "./course.mjs";
import { el, setText, show } from "./dom.mjs";
import { clock, mg, rate, timeOfDay } from "./format.mjs";
import { presetOf } from "./protocols.mjs";
import { post } from "./rest.mjs";
import { say, words } from "./words.mjs";

const text = words.dose;

/** {node, put(session, view)}. */
export function dosePanel(id) {
  const outcome = outcomeLine();
  const rows = { perKg: row(text.per_kg), rate: row(text.rate), planned: row(text.planned), ordered: row(text.ordered) };
  const [given, toGo, fill, held] = [el("span.dose-given.num"), el("span.muted"), el("i"), el("span.muted")];
  const warning = el("p.warning", { role: "status" }, el("span", {}, text.no_rate));
  let planned = 0;
  const usePlanned = button("", () => act(usePlanned, outcome, () => sendRate(planned / 1000)), "primary");
  warning.append(usePlanned);
  const setRate = doseForm(text.set_rate, text.rate_unit, "rate", (value) => sendRate(value));
  const forms = el("div.dose-forms", {}, setRate, doseForm(text.give_bolus, text.mg, "bolus", sendBolus));
  let part = 0; // mg of one device, where the dose is given in parts
  const givePart = confirmButton("", (pressed) => act(pressed, outcome, () => sendBolus(part)), "primary");
  const partDue = el("span.num");
  const parts = el("div.dose-parts", {}, givePart.node, partDue);
  const amount = el("div.dose-amount", {}, given, el("span.unit", {}, text.mg), toGo, held);
  const facts = el("dl.facts", {}, ...Object.values(rows).map((one) => one.node));
  const head = el("div.card-head", {}, el("h2", {}, text.title), el("span.grow"), el("span.muted.small", {}, text.what));
  const node = el("section.card.dose", { "aria-label": text.title }, head, amount, el("div.progress", { "aria-hidden": "true" }, fill), facts, warning, parts, forms, outcome.node);

  function sendRate(value) {
    return post(`/sessions/${id}/doses`, { kind: "rate", rate_mg_per_min: value });
  }
  function sendBolus(value) {
    return post(`/sessions/${id}/doses`, { kind: "bolus", amount_mg: value });
  }

  function doseForm(name, unit, key, send) {
    const input = el("input.num", { type: "number", step: "any", min: "0", required: true, inputmode: "decimal", "aria-label": `${name}, ${unit}`, "data-dose": key });
    const submit = el("button.button", { type: "submit" }, name);
    const form = el("form.inline", {}, el("label", {}, input, el("span.unit", {}, unit)), submit);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const answer = await act(submit, outcome, () => send(input.valueAsNumber));
      if (answer?.ok) form.reset();
    });
    return form;
  }

  function putPart(session, view, mayAct) {
    const preset = presetOf(session);
    const dueIn = session.phase === "infusing" ? nextPartIn(session, preset, view.heldNow) : null;
    show(parts, dueIn !== null);
    if (dueIn === null) return;
    part = preset.part_mg;
    givePart.name(say(text.give_part, { mg: part }));
    show(givePart.node, mayAct);
    setText(partDue, dueIn > 0 ? say(text.part_in, { time: clock(dueIn) }) : text.part_now);
  }

  return {
    node,
    put(session, view) {
      const account = dose(session, view.heldNow);
      show(node, account.isOrdered);
      planned = plannedRate(session.order);
      setText(given, mg(account.givenUg));
      setText(toGo, say(account.toGoUg < -50 ? words.session.over : words.session.to_go, { mg: mg(Math.abs(account.toGoUg)) }));
      show(held, !view.isLive && view.state.lastNowMs !== null);
      if (!view.isLive && view.state.lastNowMs !== null) setText(held, say(text.held, { time: timeOfDay(view.heldNow, view.zone) }));
      fill.style.width = `${(account.fraction * 100).toFixed(1)}%`;
      setText(rows.perKg.value, account.perKg.toFixed(2));
      setText(rows.rate.value, `${rate(session.rate_ug_per_min)} ${text.rate_unit}`);
      setText(rows.planned.value, `${rate(planned)} ${text.rate_unit}`);
      setText(rows.ordered.value, `${mg(account.orderedUg)} ${text.mg}`);
      const mayAct = view.state.hello?.role === "clinician";
      show(warning, session.phase === "infusing" && session.rate_ug_per_min === 0);
      show(usePlanned, mayAct && planned > 0);
      setText(usePlanned, say(text.record_planned, { rate: rate(planned) }));
      show(forms, mayAct && ["infusing", "paused"].includes(session.phase));
      const hasRate = isInfused(session.order);
      for (const one of [rows.rate.node, rows.planned.node, setRate]) show(one, hasRate);
      if (!hasRate) show(warning, false);
      putPart(session, view, mayAct);
    },
  };
}

function row(name) {
  const value = el("dd.num");
  return { node: el("div", {}, el("dt", {}, name), value), value };
}
