// A room of the ward: who, how far, the worst alert, the numbers with their ages, ten minutes of history, the dose.

import { alertLine, alertName, shortReason } from "./alert_line.mjs";
import { flashOf, isUnanswered, signOf, tileAlerts } from "./alerts.mjs";
import { cuffDueIn, dose, phaseSince } from "./course.mjs";
import { el, keyed, setAttribute, setText, show } from "./dom.mjs";
import { clock, mg } from "./format.mjs";
import { follow } from "./navigate.mjs";
import { pauseControl } from "./pause_control.mjs";
import { pressureReadout, rateReadout, vitalReadout } from "./readout.mjs";
import { spark } from "./spark.mjs";
import { phaseWords, roomName, say, words } from "./words.mjs";

const text = words.ward;

/**
 * {node, link, put(session, view), togglePause(), end()}. The tile is one link, so that Enter, click and "open in a new tab" all work; the
 * pause of its sound stands below it.
 */
export function tile(id) {
  const parts = [head(), modeStripe(), alertLines(), numbers(), history(), foot()];
  const pause = pauseControl(id);
  const node = el("a.tile", { href: `/session/${id}`, onclick: follow, "data-session": id }, ...parts.map((part) => part.node));
  return {
    node: el("div.tile-frame", {}, node, pause.node),
    link: node,
    togglePause: pause.press,
    put(session, view) {
      for (const part of [...parts, pause]) part.put(session, view);
      const worst = tileAlerts(session).lines[0] ?? null;
      const isRaised = worst !== null && worst.state !== "pending";
      setAttribute(node, "data-tone", isRaised ? signOf(worst).tone : null);
      setAttribute(node, "data-priority", isRaised ? worst.priority : null);
      setAttribute(node, "data-unanswered", session.alerts.some(isUnanswered));
      setAttribute(node, "data-flash", flashOf(session));
      setAttribute(node, "data-phase", session.phase);
      setAttribute(node, "aria-label", spoken(session, worst));
    },
    end() {
      for (const part of parts) part.end?.();
    },
  };
}

function spoken(session, worst) {
  const alert = worst === null ? text.no_alerts : `${worst.title}, ${shortReason(worst)}`;
  return say(text.open, { room: roomName(session.room), label: session.patient.label, phase: phaseWords(session).phase, alert });
}

function head() {
  const [room, label, born, phase, since] = [el("b.tile-room"), el("span.tile-label"), el("span.muted"), el("span"), el("span.num")];
  return {
    node: el("header.tile-head", {}, room, el("span.tile-who", {}, label, " ", born), el("span.phase", {}, phase, " ", since)),
    put(session, view) {
      setText(room, roomName(session.room));
      setText(label, session.patient.label);
      setText(born, session.patient.birth_year === null ? "" : say(text.born, { year: session.patient.birth_year }));
      setText(phase, phaseWords(session).phase);
      setText(since, clock(view.heldNow - phaseSince(session)));
      setAttribute(since, "title", phaseWords(session).since);
    },
  };
}

/** A tile whose values are not a patient's says so on itself, with the device's own words for what it is. */
function modeStripe() {
  const [mode, source] = [el("b"), el("span")];
  const node = el("div.tile-mode", {}, mode, source);
  return {
    node,
    put(session) {
      show(node, session.mode !== "real");
      if (session.mode === "real") return;
      setAttribute(node, "data-mode", session.mode);
      setText(mode, words.modes[session.mode]);
      setText(source, session.devices.filter((device) => device.mode === session.mode).map((device) => device.source).join(" · "));
    },
  };
}

function alertLines() {
  const lines = [alertLine(), alertLine()];
  const [calm, also, names] = [el("span.calm", {}, text.no_alerts), el("div.tile-also"), new Map()];
  return {
    node: el("div.tile-alerts", {}, calm, ...lines.map((line) => line.node), also),
    put(session, view) {
      const found = tileAlerts(session);
      lines.forEach((line, i) => {
        show(line.node, i < found.lines.length);
        if (i < found.lines.length) line.put(found.lines[i], session, view);
      });
      show(calm, found.lines.length === 0);
      setText(calm, calmText(session));
      show(also, found.rest.length > 0);
      keyed(also, names, found.rest.map((alert) => alert.id), alertName);
      for (const alert of found.rest) names.get(alert.id).put(alert, session, view);
    },
  };
}

function calmText(session) {
  const away = session.devices.filter((device) => !device.is_connected);
  if (away.length) return say(text.disconnected, { device: away.map((device) => device.device).join(", ") });
  return session.devices.length ? text.no_alerts : words.session.no_devices;
}

function numbers() {
  const options = { agesAlways: false };
  const parts = [rateReadout(options), pressureReadout(options), vitalReadout("spo2", "spo2", options), vitalReadout("respiratory_rate", "rr", options)];
  return {
    node: el("div.tile-numbers", {}, ...parts.map((part) => part.node)),
    put(session, view) {
      for (const part of parts) part.put(session, view);
    },
  };
}

function history() {
  const drawing = spark();
  return {
    ...drawing,
    put(session, view) {
      setAttribute(drawing.node, "aria-label", say(text.trend, { room: roomName(session.room) }));
      drawing.put(session, view);
    },
  };
}

function foot() {
  const [given, fill, cuff] = [el("span.num"), el("i"), el("span.tile-cuff.num")];
  const bar = el("span.progress", { "aria-hidden": "true" }, fill);
  return {
    node: el("footer.tile-foot", {}, given, bar, cuff),
    put(session, view) {
      const account = dose(session, view.heldNow);
      show(bar, account.isOrdered);
      setText(given, account.isOrdered ? say(text.dose, { given: mg(account.givenUg), ordered: mg(account.orderedUg) }) : text.no_infusion);
      const width = `${(account.fraction * 100).toFixed(1)}%`;
      if (fill.style.width !== width) fill.style.width = width;
      const due = cuffDueIn(session, view.heldNow);
      const state = due === null ? text.cuff_none : say(due < 0 ? text.cuff_overdue : text.cuff_due, { time: clock(Math.abs(due)) });
      setText(cuff, state);
      setAttribute(cuff, "data-overdue", due !== null && due < 0);
    },
  };
}
