// A room of a full ward, in three short lines: who and how far; the worst alert; the numbers, the age of the cuff value and when the next is due.

import { toneOf } from "./alerts.mjs";
import { cuffDueIn, phaseRuns } from "./course.mjs";
import { el, setAttribute, setText, show } from "./dom.mjs";
import { calmClock, clock, number, shortAge } from "./format.mjs";
import { labelNodes } from "./readout.mjs";
import { tileDue } from "./tile_due.mjs";
import { modeTag, tileAlertLines, tileFrame } from "./tile_frame.mjs";
import { lookOf, pressureLook, rateVital } from "./values.mjs";
import { phaseWords, say, vitals as table, words } from "./words.mjs";

const text = words.ward;
const PRESSURES = ["systolic_bp", "diastolic_bp", "mean_bp"];

/** As `tile` of tiles.mjs. */
export function rowTile(id) {
  return tileFrame(id, [who(), alerts(), numbers()]);
}

/** The alerts, and behind them what is to be observed next. */
function alerts() {
  const [lines, next] = [tileAlertLines(), tileDue()];
  lines.node.append(next.node);
  return {
    node: lines.node,
    put(session, view, density, isNews = true) {
      lines.put(session, view, density, isNews);
      next.put(session, view, density);
    },
  };
}

function who() {
  const [room, label, phase, since] = [el("b.tile-room"), el("span.tile-who"), el("span"), el("span.num")];
  const mode = modeTag();
  return {
    node: el("header.tile-head", {}, room, label, mode.node, el("span.phase", {}, phase, " ", since)),
    put(session, view, density, isNews = true) {
      mode.put(session, density, isNews);
      setText(since, clock(phaseRuns(session, view.heldNow)));
      if (!isNews) return;
      setText(room, session.room);
      setText(label, session.patient.label);
      setText(phase, phaseWords(session).phase);
    },
  };
}

function numbers() {
  const [rate, pressure, spo2, breaths] = [small("hr"), small("bp"), small("spo2"), small("rr")];
  const due = el("span.row-due.num");
  pressure.notes.append(due);
  return {
    node: el("div.row-numbers", {}, rate.node, pressure.node, spo2.node, breaths.node),
    put(session, view) {
      const context = { ...view, isCuff: false };
      const { vital, look } = rateVital(session.vitals, view.now, view);
      rate.put(look, { name: table[vital].label, tone: toneOf(session.alerts, [vital]), write: number });
      const bp = pressureLook(session.vitals, view.now, view);
      pressure.put(bp, { name: words.looks.cuff, tone: toneOf(session.alerts, PRESSURES), write: ([sys, dia]) => `${number(sys)}/${number(dia)}`, isCuff: true });
      putDue(due, cuffDueIn(session, view.heldNow));
      for (const [part, name] of [[spo2, "spo2"], [breaths, "respiratory_rate"]]) {
        part.put(lookOf(session.vitals[name], view.now, context), { name: table[name].label, tone: toneOf(session.alerts, [name]), write: number });
      }
    },
  };
}

function putDue(node, ms) {
  const time = ms === null ? "" : calmClock(Math.abs(ms));
  setText(node, ms === null ? "" : say(ms < 0 ? text.due_over : text.due_in, { time }));
  setAttribute(node, "data-overdue", ms !== null && ms < 0);
  setAttribute(node, "title", ms === null ? text.cuff_none : say(ms < 0 ? text.cuff_overdue : text.cuff_due, { time }));
}

/** One number: label, value or dashes, and beside it what keeps it honest. {node, notes, put(look, how)}. */
function small(tone) {
  const [label, value, flag, last, ageText] = [el("span.readout-label"), el("span.readout-value.num"), el("span.readout-flag", { title: words.looks.questionable }, "?"), el("s.num"), el("span.row-age.num")];
  const notes = el("span.row-notes", {}, last, ageText);
  const node = el(`span.readout.v-${tone}`, {}, label, value, flag, notes);
  return {
    node,
    notes,
    put(look, { name, tone: alert, write, isCuff = false }) {
      if (label.dataset.name !== name) {
        label.dataset.name = name;
        label.replaceChildren(...labelNodes(name));
      }
      setAttribute(node, "data-look", look.look);
      setAttribute(node, "data-alert", alert);
      setText(value, look.value === null ? words.looks.dashes : write(look.value));
      show(flag, look.isQuestionable && look.value !== null);
      const isLost = look.look === "lost";
      show(last, isLost && look.last !== null);
      if (!last.hidden) setText(last, write(look.last));
      setText(ageText, look.ageMs !== null && (isLost || isCuff) ? shortAge(look.ageMs) : "");
      setAttribute(node, "title", look.look === "none" ? words.looks.never : isLost || look.isQuestionable ? words.reasons[look.reason] : null);
    },
  };
}
