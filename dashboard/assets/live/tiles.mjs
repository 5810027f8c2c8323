// A room of the ward: who, how far, the worst alert, the numbers with their ages, ten minutes of history, the dose.

import { cuffDueIn, dose, phaseRuns } from "./course.mjs";
import { el, setAttribute, setText, show } from "./dom.mjs";
import { calmClock, clock, mg } from "./format.mjs";
import { pressureReadout, rateReadout, vitalReadout } from "./readout.mjs";
import { spark } from "./spark.mjs";
import { tileDue } from "./tile_due.mjs";
import { modeTag, tileAlertLines, tileFrame } from "./tile_frame.mjs";
import { phaseWords, roomName, say, words } from "./words.mjs";

const text = words.ward;

/**
 * {node, put(session, view, density), togglePause(), end()}. The tile is one link, so that Enter, click and "open in a new tab" all work; the
 * pause of its sound lies on it, in the place that the tile leaves free.
 */
export function tile(id) {
  return tileFrame(id, [head(), tileAlertLines(), numbers(), history(), foot()]);
}

function head() {
  const [room, label, born, phase, since] = [el("b.tile-room"), el("span.tile-label"), el("span.muted"), el("span"), el("span.num")];
  const mode = modeTag();
  return {
    node: el("header.tile-head", {}, room, el("span.tile-who", {}, label, " ", born), mode.node, el("span.phase", {}, phase, " ", since)),
    put(session, view, density, isNews = true) {
      mode.put(session, density, isNews);
      setText(since, clock(phaseRuns(session, view.heldNow)));
      if (!isNews) return;
      setText(room, roomName(session.room));
      setText(label, session.patient.label);
      setText(born, session.patient.birth_year === null ? "" : say(text.born, { year: session.patient.birth_year }));
      setText(phase, phaseWords(session).phase);
      setAttribute(since, "title", phaseWords(session).since);
    },
  };
}

function numbers() {
  const options = { agesAlways: false };
  const parts = [rateReadout(options), pressureReadout(options), vitalReadout("spo2", "spo2", options), vitalReadout("respiratory_rate", "rr", options)];
  return {
    node: el("div.tile-numbers", {}, ...parts.map((part) => part.node)),
    put(session, view, density) {
      for (const part of parts) part.put(session, view, density);
    },
  };
}

function history() {
  const drawing = spark();
  return {
    ...drawing,
    put(session, view, density, isNews = true) {
      if (isNews) setAttribute(drawing.node, "aria-label", say(text.trend, { room: roomName(session.room) }));
      drawing.put(session, view);
    },
  };
}

/** A whole order has no decimals where there is little room: 21.3/35 mg. */
function doseText({ givenUg, orderedUg }, isSmall) {
  const ordered = mg(orderedUg);
  return say(isSmall ? text.dose_short : text.dose, { given: mg(givenUg), ordered: isSmall ? ordered.replace(/\.0$/, "") : ordered });
}

function foot() {
  const [given, fill, cuff] = [el("span.num"), el("i"), el("span.tile-cuff.num")];
  const bar = el("span.progress", { "aria-hidden": "true" }, fill);
  const next = tileDue();
  return {
    node: el("footer.tile-foot", {}, given, bar, el("span.tile-times", {}, next.node, cuff)),
    put(session, view, density) {
      next.put(session, view, density);
      const account = dose(session, view.heldNow);
      const isSmall = density !== "full";
      show(bar, account.isOrdered);
      setText(given, account.isOrdered ? doseText(account, isSmall) : text.no_infusion);
      setAttribute(given, "title", given.textContent);
      const width = `${(account.fraction * 100).toFixed(1)}%`;
      if (fill.style.width !== width) fill.style.width = width;
      const due = cuffDueIn(session, view.heldNow);
      const time = due === null ? "" : calmClock(Math.abs(due));
      const state = due === null ? text.cuff_none : say(due < 0 ? text.cuff_overdue : text.cuff_due, { time });
      setText(cuff, isSmall && due !== null ? say(text.cuff_in_short, { when: say(due < 0 ? text.due_over : text.due_in, { time }) }) : state);
      setAttribute(cuff, "title", state);
      setAttribute(cuff, "data-overdue", due !== null && due < 0);
    },
  };
}
