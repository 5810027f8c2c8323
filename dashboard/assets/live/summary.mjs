// The session on one sheet: read from the record when it is opened, printed from here. What is on it is what stood on record at its time.

import { button } from "./actions.mjs";
import { el, setText, show } from "./dom.mjs";
import { account } from "./drug.mjs";
import { clock, hourMinute, mg, number, signed, timeOfDay } from "./format.mjs";
import { get } from "./rest.mjs";
import { shownValue } from "./sign_field.mjs";
import { facts } from "./sign_off.mjs";
import { phaseWords, roomName, say, signs, vitals, words } from "./words.mjs";

const text = words.summary;

/** {node, put(session, view)}. There from the start on. */
export function summary(id) {
  const [state, sheet] = [el("p.muted", { role: "status" }), el("div.summary-sheet")];
  const print = button(text.print, printSheet);
  const again = button(text.again, load, "quiet");
  const node = el("details.card.folding.summary", { id: "summary", "aria-label": text.title }, el("summary.card-head", {}, el("h2", {}, text.title)), el("div.buttons", {}, print, again), state, sheet);
  let view = null;
  node.addEventListener("toggle", () => node.open && load());

  async function load() {
    setText(state, text.reading);
    const answer = await get(`/sessions/${id}/summary`);
    setText(state, answer.ok ? say(text.as_of, { time: view?.now ? timeOfDay(view.now, view.zone) : "" }) : say(text.failed, { detail: answer.detail }));
    sheet.replaceChildren(...(answer.ok ? parts(answer.body, view.zone) : [])); // no old sheet passes for the present one
    print.disabled = !answer.ok;
  }

  return {
    node,
    put(session, now) {
      view = now;
      show(node, session.started_at_ms !== null || session.stopped_at_ms !== null || !["planned", "baseline"].includes(session.phase));
    },
  };
}

function printSheet() {
  document.documentElement.classList.add("printing-summary");
  addEventListener("afterprint", () => document.documentElement.classList.remove("printing-summary"), { once: true });
  window.print();
}

function parts(found, zone) {
  const { session } = found;
  const time = (ms) => (ms === null ? "" : hourMinute(ms, zone));
  return [
    el("h3", {}, `${roomName(session.room)} · ${[session.patient.label, session.patient.birth_year].filter(Boolean).join(" ")} · ${number(session.patient.weight_g / 1000)} kg · ${session.id}`),
    el("p", {}, `${words.treatments[session.order.treatment]} · ${say(text.given, { given: mg(session.given_ug), ordered: mg(session.order.dose_ug), per_kg: (session.given_ug / session.patient.weight_g).toFixed(2) })}`),
    ...(session.mode === "real" ? [] : [el("p.sheet-mode", {}, `${words.modes[session.mode]}: ${words.modes[`${session.mode}_what`]}`)]),
    table(text.steps, [text.time, text.step, text.by, text.override], found.steps.map((one) => [time(one.at_ms), phaseWords({ ...session, phase: one.phase }).phase, one.by, overridden(one)])),
    table(text.peaks, [text.sign, text.baseline, text.high, text.low], found.peaks.map((one) => [vitals[one.vital]?.label ?? one.vital, one.baseline === null ? "–" : number(one.baseline), reach(one, "high", time), reach(one, "low", time)])),
    table(text.alerts, [text.time, text.alert, text.priority, text.answered], found.alerts.map((one) => [time(one.raised_at_ms), `${one.title}: ${one.reason}`, words.header.counts[one.priority], one.answered_after_s === null ? text.nobody : say(text.answered_by, { by: one.acknowledged_by ?? "", time: clock(one.answered_after_s * 1000) })])),
    table(text.observations, [text.time, text.sign, text.value, text.by], found.observations.map((one) => [time(one.at_ms), signs[one.sign]?.label ?? one.sign, signs[one.sign] ? shownValue(one.sign, one.value) : String(one.value), mark(one)])),
    table(text.notes, [text.time, text.note, text.by], found.notes.map((one) => [time(one.at_ms), one.text, mark(one)])),
    el("p.num", {}, drugLine(session)),
    ...signature(session.signed_off, time),
    el("p.small.muted", {}, words.about.notice),
  ];
}

function signature(one, time) {
  if (!one) return [el("p", {}, text.unsigned)];
  const said = el("p", {}, `${say(words.sign_off.signed, { name: one.name, by: one.by, time: time(one.at_ms) })} “${one.meaning}”`);
  return one.under ? [said, facts({ ...one, meaning: null })] : [said];
}

const mark = (one) => (one.error ? `${one.by} · ${say(text.error, { error: one.error })}` : one.by);

function overridden(step) {
  const against = step.findings.map((one) => one.title).join(", ");
  return step.override ? `${step.override}${against ? ` (${against})` : ""}` : against;
}

function reach(peak, which, time) {
  const value = peak[which];
  const from = peak.baseline === null ? "" : ` (${signed(Math.round(value - peak.baseline))})`;
  return `${number(value)}${from} ${time(peak[`${which}_at_ms`])}`;
}

function drugLine(session) {
  const now = account(session, session.given_at_ms);
  const lots = (session.vials ?? []).map((one) => one.lot).join(", ");
  const witnesses = (session.wastes ?? []).map((one) => one.witness ?? text.nobody).join(", ");
  const sum = say(words.drug.sum, { drawn: mg(now.drawnUg), given: mg(now.givenUg), wasted: mg(now.wastedUg), left: mg(now.leftUg).replace("-", "\u2212") });
  return [`${words.drug.title}: ${sum}`, lots && say(text.lots, { lots }), witnesses && say(text.witnesses, { witnesses })].filter(Boolean).join(" · ");
}

function table(title, heads, rows) {
  if (!rows.length) return el("p", {}, `${title}: ${text.none}`);
  const cells = (row) => el("tr", {}, ...row.map((cell) => el("td", {}, cell)));
  return el("table.num", {}, el("caption", {}, title), el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))), el("tbody", {}, ...rows.map(cells)));
}
