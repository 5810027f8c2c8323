// What tiles of every size share: the link with its colours and its spoken name, the pause on it, its alerts, whose values they are.

import { alertLine, alertName, shortReason } from "./alert_line.mjs";
import { flashOf, isUnanswered, signOf, tileAlerts } from "./alerts.mjs";
import { el, keyed, setAttribute, setText, show } from "./dom.mjs";
import { isKiosk } from "./kiosk.mjs";
import { follow } from "./navigate.mjs";
import { pauseControl } from "./pause_control.mjs";
import { inStandby } from "./said.mjs";
import { isSameButValues } from "./state.mjs";
import { phaseWords, roomName, say, words } from "./words.mjs";

const text = words.ward;
const NAMES = { full: 4, compact: 2, row: 1 }; // lesser alerts that a tile names at once; more of them take turns
const TURN_MS = 3_000;
const STANDS_MS = 1_000; // of monitor time: ages and times are told in seconds, and values mostly come once a second

/**
 * {node, put(session, view, density), togglePause(), end()} of `parts`, each {node, put, end?}. `put` of a part is told as its fourth whether
 * there is more than values and time since it was last drawn: what does not depend on these is left as it stands. Untold, all is drawn.
 * A tile is drawn when something came for its session, and else every STANDS_MS: once with its values and again with the time would be twice.
 */
export function tileFrame(id, parts) {
  const pause = pauseControl(id);
  const opens = isKiosk ? {} : { href: `/session/${id}`, onclick: follow };
  const link = el(isKiosk ? "section.tile" : "a.tile", { ...opens, "data-session": id }, ...parts.map((part) => part.node));
  const node = el("div.tile-frame", {}, link, pause.node);
  const all = [...parts, pause];
  let drawn = null; // for what and when it was drawn last
  const isStanding = (now) =>
    drawn !== null && ["session", "density", "hello", "feed"].every((key) => drawn[key] === now[key]) && (now.at - drawn.at) * now.speed < STANDS_MS;
  return {
    node,
    togglePause: pause.press,
    put(session, view, density) {
      const now = { session, density, hello: view.state.hello, feed: view.feed, at: view.at, speed: view.speed };
      if (isStanding(now)) return;
      const isNews = drawn === null || !isSameButValues(drawn.session, session) || drawn.density !== density || drawn.hello !== now.hello;
      drawn = now;
      for (const part of all) part.put(session, view, density, isNews);
      if (!isNews) return;
      const worst = tileAlerts(session).lines[0] ?? null;
      const isRaised = worst !== null && worst.state !== "pending";
      setAttribute(node, "data-pausable", pause.node.hidden ? null : "true");
      setAttribute(link, "data-tone", isRaised ? signOf(worst).tone : null);
      setAttribute(link, "data-priority", isRaised ? worst.priority : null);
      setAttribute(link, "data-unanswered", session.alerts.some(isUnanswered));
      setAttribute(link, "data-flash", flashOf(session));
      setAttribute(link, "data-phase", session.phase);
      setAttribute(link, "data-mode", session.mode);
      setAttribute(link, "aria-label", spoken(session, worst));
    },
    end() {
      for (const part of parts) part.end?.();
    },
  };
}

function spoken(session, worst) {
  const alert = worst === null ? text.no_alerts : `${worst.title}, ${shortReason(worst)}`;
  return say(isKiosk ? text.seen : text.open, { room: roomName(session.room), label: session.patient.label, phase: phaseWords(session).phase, alert });
}

/** A tile whose values are not a patient's says so on itself, with the device's own words for what it is. */
export function modeTag() {
  const [mode, source] = [el("b"), el("span")];
  const node = el("span.tile-mode", {}, mode, source);
  return {
    node,
    put(session, density, isNews = true) {
      if (!isNews) return;
      show(node, session.mode !== "real");
      if (session.mode === "real") return;
      const sources = session.devices.filter((device) => device.mode === session.mode).map((device) => device.source);
      setAttribute(node, "data-mode", session.mode);
      setText(mode, density === "full" ? words.modes[session.mode] : words.modes_short[session.mode]);
      setAttribute(mode, "data-short", words.modes_short[session.mode]); // what narrow tiles show (css)
      setText(source, density === "full" ? sources.join(" · ") : "");
      setAttribute(node, "title", [words.modes[session.mode], ...sources].join(": "));
    },
  };
}

/** The alerts of a tile: the highest in a line, all others by name, in turns where they are many; with them who is in standby. */
export function tileAlertLines() {
  const lines = [alertLine(), alertLine()];
  const [calm, also, more, names] = [el("span.calm", {}, text.no_alerts), el("span.tile-names"), el("b.tile-more.num"), new Map()];
  const asleep = el("span.tile-standby", { hidden: true });
  const others = el("div.tile-also", {}, also, asleep, more);
  return {
    node: el("div.tile-alerts", {}, calm, ...lines.map((line) => line.node), others),
    put(session, view, density, isNews = true) {
      if (!isNews && more.hidden) return; // what takes turns goes on
      const found = tileAlerts(session, density === "full" ? 2 : 1);
      lines.forEach((line, i) => {
        show(line.node, i < found.lines.length);
        if (i < found.lines.length) line.put(found.lines[i], session, view);
      });
      show(calm, found.lines.length === 0);
      const standby = inStandby(session.devices);
      setText(calm, calmText(session, standby, density));
      show(asleep, standby.length > 0 && found.lines.length > 0 && (density === "full" || found.rest.length === 0));
      if (!asleep.hidden) setText(asleep, standbyText(standby, density === "full"));
      show(others, found.rest.length > 0 || !asleep.hidden);
      keyed(also, names, found.rest.map((alert) => alert.id), alertName);
      const { from, until } = turn(found.rest.length, NAMES[density] ?? NAMES.full, view.at);
      found.rest.forEach((alert, i) => {
        names.get(alert.id).put(alert, session, view);
        show(names.get(alert.id).node, i >= from && i < until);
      });
      show(more, until - from < found.rest.length);
      setText(more, say(text.more, { from: until, count: found.rest.length }));
    },
  };
}

/** Which of `count` names are seen at `at`, `most` at once: {from, until}. */
export function turn(count, most, at) {
  const turns = Math.max(1, Math.ceil(count / most));
  const from = (Math.floor(at / TURN_MS) % turns) * most;
  return { from, until: Math.min(count, from + most) };
}

function calmText(session, standby, density) {
  const away = session.devices.filter((device) => !device.is_connected);
  const told = [];
  if (away.length) told.push(say(text.disconnected, { device: away.map((device) => device.device).join(", ") }));
  if (standby.length) told.push(standbyText(standby, density !== "row"));
  if (told.length) return told.join(" · ");
  return session.devices.length ? text.no_alerts : words.session.no_devices;
}

const standbyText = (devices, isNamed) => (isNamed ? say(text.standby, { device: devices.join(", ") }) : text.standby_short);
