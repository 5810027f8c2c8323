// Whose session this is, what is ordered, where it stands, and the controls. The first thing read before anything is done.

import { isInfused, phaseSince } from "./course.mjs";
import { el, setAttribute, setText, show } from "./dom.mjs";
import { clock, mg, number } from "./format.mjs";
import { presetOf } from "./protocols.mjs";
import { phaseWords, say, words } from "./words.mjs";

const text = words.session;

/** {node, put(session, view)}. */
export function identity(steps, code) {
  const [label, born, kg, order, source] = [el("b.who-label"), el("span"), el("span"), el("span.muted"), el("span.mode-source")];
  const [phase, running, since] = [el("span.phase-name"), el("b.phase-clock.num"), el("span.muted")];
  const person = el("div.identity-who", {}, el("div.identity-line", {}, label, born, kg, code.line), order, source);
  const where = el("div.identity-phase", {}, phase, el("div", {}, running, " ", since));
  const node = el("section.card.identity", {}, person, where, steps.node, code.form);
  return {
    node,
    put(session, view) {
      const { patient } = session;
      setText(label, patient.label);
      setText(born, patient.birth_year === null ? "" : say(words.ward.born, { year: patient.birth_year }));
      setText(kg, say(text.kg, { kg: number(patient.weight_g / 1000) }));
      setText(order, orderText(session));
      const told = session.devices.filter((device) => device.mode !== "real").map((device) => `${words.modes[device.mode]}: ${device.source}`);
      show(source, told.length > 0);
      setText(source, told.join(" · "));
      setText(phase, phaseWords(session).phase);
      setAttribute(where, "data-phase", session.phase);
      setText(running, clock(view.heldNow - phaseSince(session)));
      setText(since, phaseWords(session).since);
      code.put(session, view);
      steps.put(session, view);
    },
  };
}

/** What is ordered, in words. */
export function orderText(session) {
  const { order, patient } = session;
  const treatment = words.treatments[order.treatment];
  if (order.treatment === "none") return treatment;
  const values = { mg: mg(order.dose_ug), per_kg: String(Math.round((100 * order.dose_ug) / patient.weight_g) / 100), minutes: number(order.duration_ms / 60_000) };
  const preset = presetOf(session);
  const amount = isInfused(order) ? say(text.order_per_kg, values) : say(text.order_dose, values);
  return `${treatment} · ${amount}${preset ? ` · ${preset.title}` : ""}`;
}
