// A session that has ended: its record, to be read. No number on this page is current, so none is shown as one, and nothing can be done here.
//
// Bounds: STREAM_POINTS of each vital sign over the whole session, thinned by the monitor so that no peak is lost.

import { el, setText, shape, show } from "./dom.mjs";
import { fail, view as viewNow } from "./feed.mjs";
import { age, hourMinute, mg, number, readable, signed, timeOfDay } from "./format.mjs";
import { orderText } from "./identity.mjs";
import { journal } from "./journal.mjs";
import { follow } from "./navigate.mjs";
import { recordPanel } from "./record_panel.mjs";
import { patientCode } from "./patient_code.mjs";
import { get } from "./rest.mjs";
import { say, signs, words } from "./words.mjs";

const text = words.past;

/** {node, put(session, view), end()} of the session `id` as it was when it ended. */
export function pastSession(id, session) {
  const [over, source] = [el("p.told", { role: "note", id: "session-over" }), el("p.mode-source")];
  const curves = recordPanel(id);
  const story = journal(id);
  const code = patientCode(id, (right) => {
    session = { ...session, patient: { ...session.patient, code: right } };
    code.put(session, viewNow());
    story.load(); // the entry of it
  });
  const [figures, alerts] = [figuresCard(session), alertsCard()];
  const back = el("a.button", { href: "/sessions", onclick: follow }, text.back);
  const brought = el("p.told", { role: "note", id: "brought-in", hidden: true });
  const who = el("section.card.identity", {}, el("div.identity-who", {}, whoLine(session, code.line), el("span.muted", {}, orderText(session)), source), el("span.grow"), back, code.form);
  const node = el("div.review.past", {}, over, brought, who, figures.node, curves.node, alerts.node, story.node);
  let endMs = session.phase_since_ms;
  load().catch((error) => fail(error.message));

  async function load() {
    const [found, told] = await Promise.all([get(`/sessions/${id}/figures`), get(`/sessions/${id}/alerts`)]);
    if (found.ok) {
      const { brought_in: from, last_at_ms: lastMs } = found.body;
      const { zone } = viewNow();
      endMs = lastMs;
      show(brought, Boolean(from));
      if (from) setText(brought, say(text.brought_in, { when: `${dayOf(from.at_ms, zone)} ${hourMinute(from.at_ms, zone)}`, by: from.by || "-", installation: from.installation || "-" }));
    }
    figures.put(found);
    alerts.put(told);
    story.load();
    await curves.load(session);
  }

  return {
    node,
    put(now, view) {
      const hello = { ...view.state.hello, role: "reader" }; // nobody writes into a log that has ended
      const then = { ...view, now: endMs, heldNow: endMs, isLive: false, state: { ...view.state, hello } };
      setText(over, say(text.over, { when: `${dayOf(endMs, view.zone)} ${hourMinute(endMs, view.zone)}`, phase: words.phases[now.phase].toLowerCase() }));
      const told = now.devices.filter((device) => device.mode !== "real").map((device) => `${words.modes[device.mode]}: ${device.source}`);
      show(source, told.length > 0);
      setText(source, told.join(" · "));
      code.put(session, view);
      curves.put(now, then, story.entries());
      story.put(now, then);
    },
    end: () => curves.end(),
  };
}

const dayOf = (atMs, zone) => new Intl.DateTimeFormat("sv-SE", { timeZone: zone }).format(atMs);

function whoLine({ patient, room }, code) {
  const born = patient.birth_year === null ? "" : say(words.ward.born, { year: patient.birth_year });
  const kg = say(words.session.kg, { kg: number(patient.weight_g / 1000) });
  return el("div.identity-line", {}, el("b.who-label", {}, patient.label), ...[born, kg, room].filter(Boolean).map((part) => el("span", {}, part)), code);
}

const perKg = (ug, patient) => String(Math.round((100 * ug) / patient.weight_g) / 100);

function figuresCard(session) {
  const [list, trouble] = [el("dl.facts"), el("p.outcome", { "data-state": "failed", hidden: true })];
  return {
    node: el("section.card", { id: "past-figures", "aria-label": text.figures }, el("h2", {}, text.figures), trouble, list),
    put(answer) {
      show(trouble, !answer.ok);
      if (!answer.ok) return setText(trouble, say(text.figures_failed, { detail: answer.detail }));
      const facts = factsOf(answer.body, session);
      list.replaceChildren(...facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd.num", {}, value))));
    },
  };
}

/** [name, value] of what is told of a session, in words. */
function factsOf(found, { patient }) {
  const { zone } = viewNow();
  const { baseline_sbp: sbp, baseline_dbp: dbp, peak_sbp: peak } = found;
  const minutes = (ms) => Math.round(ms / 60_000);
  const rise = { peak: number(peak ?? 0), rise: signed((peak ?? 0) - (sbp ?? 0)), minutes: minutes(found.peak_at_ms - found.started_at_ms) };
  const back = found.has_left_band ? (found.back_at_ms === null ? text.not_back : say(text.minutes, { minutes: minutes(found.back_at_ms - found.peak_at_ms) })) : text.stayed;
  return [
    [text.began, `${dayOf(found.created_at_ms, zone)} ${hourMinute(found.created_at_ms, zone)}`],
    [text.length, age(found.last_at_ms - found.created_at_ms)],
    [text.given, say(text.mg, { mg: mg(found.given_ug), per_kg: perKg(found.given_ug, patient) })],
    [text.baseline, sbp === null ? "-" : say(text.pair, { sbp: number(sbp), dbp: dbp === null ? "-" : number(dbp) })],
    [text.peak, peak === null ? "-" : sbp === null || found.started_at_ms === null ? say(text.alone, rise) : say(text.rise, rise)],
    [text.back_in, sbp === null || peak === null ? "-" : back],
    [text.lowest, found.lowest_spo2 === null ? "-" : `${number(found.lowest_spo2)} %`],
    [text.symptoms, found.symptoms.map(({ sign, value }) => (signs[sign].is_yes_no ? signs[sign].label : `${signs[sign].label} ${value}`)).join(", ") || text.nothing],
  ];
}

function alertsCard() {
  const [list, note] = [el("ol.past-alerts"), el("p.muted")];
  return {
    node: el("section.card", { id: "past-alerts", "aria-label": text.alerts }, el("h2", {}, text.alerts), note, list),
    put(answer) {
      const raised = answer.ok ? answer.body.filter((alert) => alert.raised_at_ms !== null) : [];
      show(note, raised.length === 0);
      setText(note, answer.ok ? text.no_alerts : say(text.alerts_failed, { detail: answer.detail }));
      list.replaceChildren(...raised.map((alert) => alertRow(alert, viewNow().zone)));
    },
  };
}

function alertRow(alert, zone) {
  const tone = alert.kind === "technical" ? "technical" : alert.priority;
  const times = alert.acknowledged_at_ms === null ? text.unanswered : say(text.answered, { time: timeOfDay(alert.acknowledged_at_ms, zone), who: alert.acknowledged_by });
  const what = el("span", {}, el("b", {}, alert.title), " ", readable(alert.reason));
  const told = el("span.muted.small", {}, `${say(text.raised, { time: timeOfDay(alert.raised_at_ms, zone) })} · ${times}`);
  return el("li", {}, el(`span.tone-${tone}`, { title: words.header.counts[tone] }, shape(tone), el("span.unseen", {}, words.header.counts[tone])), what, told);
}
