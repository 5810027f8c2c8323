// One number with everything that keeps it honest: label, unit, value or dashes, the last value struck through, age, distance from the baseline.

import { toneOf } from "./alerts.mjs";
import { fromBaseline } from "./course.mjs";
import { el, setAttribute, setText, show } from "./dom.mjs";
import { age, number, shortAge, signed } from "./format.mjs";
import { lookOf, pressureLook, rateVital } from "./values.mjs";
import { say, vitals as table, words } from "./words.mjs";

const text = words.looks;
const NOW_MS = 2_000;
const PRESSURES = ["systolic_bp", "diastolic_bp", "mean_bp"];

/** SpO2 and EtCO2 with a lowered digit; every other label as it is. */
export function labelNodes(label) {
  return label.endsWith("O2") ? [label.slice(0, -1), el("sub", {}, "2")] : [label];
}

/** An empty readout of colour `tone` (hr, bp, spo2, rr, co2). `agesAlways`: show the age of a stream too, not only of a cuff. */
function readout(tone, unit, { agesAlways }) {
  const label = el("span.readout-label");
  const flag = el("span.readout-flag", { title: text.questionable }, "?");
  const value = el("div.readout-value.num");
  const last = el("s.num");
  const lastAge = el("span");
  const note = el("span.readout-note");
  const [extra, change, base] = [el("span"), el("span"), el("span.delta-base")];
  const delta = el("span.readout-delta", {}, extra, change, " ", base);
  const was = el("span.readout-last", {}, last, lastAge);
  const head = el("div.readout-head", {}, label, el("span.readout-unit", {}, unit), flag);
  const node = el(`div.readout.v-${tone}`, {}, head, value, el("div.readout-notes", {}, was, note, delta));
  return {
    node,
    put({ name, look, value: shown, last: lastShown, ageMs, isQuestionable, reason, isCuff, mean, from, alert, density }) {
      if (label.dataset.name !== name) {
        label.dataset.name = name;
        label.replaceChildren(...labelNodes(name));
      }
      setAttribute(node, "data-look", look);
      setAttribute(node, "data-alert", alert);
      setText(value, shown ?? text.dashes);
      show(flag, isQuestionable && shown !== null);
      const isLost = look === "lost";
      show(was, isLost && lastShown !== null);
      if (!was.hidden) {
        setText(last, lastShown);
        setText(lastAge, ageMs === null ? "" : density === "compact" ? shortAge(ageMs) : say(text.last, { age: age(ageMs) }));
      }
      const why = isLost || isQuestionable ? words.reasons[reason] : "";
      const isAged = !isLost && look !== "none" && (isCuff || agesAlways);
      const parts = [look === "none" ? text.never : why, isAged ? ago(ageMs) : ""];
      setText(note, parts.filter(Boolean).join(" · "));
      show(delta, !isLost && Boolean(mean || from));
      setText(extra, mean && from ? `${mean} · ` : mean);
      setText(change, from?.change ?? "");
      setText(base, from?.base ?? "");
    },
  };
}

const ago = (ms) => (ms < NOW_MS ? text.now : say(text.ago, { age: age(ms) }));

/** {change: "+42", base: "from 70"}, for pressures "+51 %" and "of 122"; null without a baseline. */
function changeText(found, inPercent) {
  if (!found) return null;
  const baseline = number(found.baseline);
  return inPercent
    ? { change: say(text.percent, { change: signed(found.percent) }), base: say(text.of, { baseline }) }
    : { change: signed(found.change), base: say(text.from, { baseline }) };
}

/** Heart rate, or pulse rate where that is what there is. Every readout: {node, put(session, view)}. */
export function rateReadout(options) {
  const part = readout("hr", table.heart_rate.unit, options);
  return {
    node: part.node,
    put(session, view, density) {
      const { vital, look } = rateVital(session.vitals, view.now, view);
      const change = changeText(fromBaseline(session, vital, look.value), false);
      part.put({ ...asText(look), name: table[vital].label, isCuff: false, mean: "", from: change, alert: toneOf(session.alerts, [vital]), density });
    },
  };
}

/** Cuff pressure: systolic/diastolic, with the mean and its age. */
export function pressureReadout(options) {
  const part = readout("bp", table.systolic_bp.unit, options);
  const pair = (values) => (values === null ? null : `${number(values[0])}/${number(values[1])}`);
  return {
    node: part.node,
    put(session, view, density) {
      const look = pressureLook(session.vitals, view.now, view);
      const map = look.map.value === null ? "" : say(text.map, { value: number(look.map.value) });
      const change = changeText(fromBaseline(session, "systolic_bp", look.value?.[0]), true);
      part.put({ ...look, value: pair(look.value), last: pair(look.last), name: text.cuff, isCuff: true, mean: map, from: change, alert: toneOf(session.alerts, PRESSURES), density });
    },
  };
}

/** Any other vital sign. */
export function vitalReadout(vital, tone, options) {
  const part = readout(tone, table[vital].unit, options);
  return {
    node: part.node,
    put(session, view, density) {
      const look = lookOf(session.vitals[vital], view.now, { ...view, isCuff: false });
      const change = changeText(fromBaseline(session, vital, look.value), false);
      part.put({ ...asText(look), name: table[vital].label, isCuff: false, mean: "", from: change, alert: toneOf(session.alerts, [vital]), density });
    },
  };
}

const asText = (look) => ({ ...look, value: look.value === null ? null : number(look.value), last: look.last === null ? null : number(look.last) });
