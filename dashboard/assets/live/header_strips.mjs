// Lines under the bar of every page: what must be known whatever page is open. None is there while all is well.

import { alertLine, alertName } from "./alert_line.mjs";
import { elsewhere } from "./alerts.mjs";
import { el, keyed, setAttribute, setText, shape, show } from "./dom.mjs";
import { clock } from "./format.mjs";
import { isNarrow } from "./narrow.mjs";
import { follow } from "./navigate.mjs";
import { openPage } from "./page.mjs";
import { pauseOf, resumedOf } from "./pause.mjs";
import { soundState } from "./sound.mjs";
import { turn } from "./tile_frame.mjs";
import { roomName, say, words } from "./words.mjs";

const MAX_ELSEWHERE = 6;
const NAMES_NARROW = 2; // lesser alerts of a room at once; more of them take turns, as on a tile

/** Strips that never scroll away, on the narrowest screen either: {node, draw(view)}. */
export const keptStrips = () => [modeBanner(), impairedStrip(), pauseStrip()];

/** The others. */
export const strips = () => [elsewhereStrip(), watchLine()];

/** Full width, on every page: never can a value that is not a patient's pass for one. Covers the sessions that are on this page. */
function modeBanner() {
  const node = el("div.mode-banner", { role: "region", "aria-label": words.modes.label, id: "mode-banner" });
  return {
    node,
    draw(view) {
      const page = openPage();
      const shown = page.session === null ? Object.values(view.state.sessions) : [view.state.sessions[page.session] ?? page.last].filter(Boolean);
      const modes = ["simulated", "replayed"].filter((mode) => shown.some((session) => session.mode === mode));
      show(node, modes.length > 0);
      setAttribute(node, "data-mode", modes.join(" "));
      const isShort = isNarrow() && modes.length > 1; // which is which stands on the tiles
      setText(node, modes.map((mode) => (isShort ? words.modes[mode] : `${words.modes[mode]} — ${words.modes[`${mode}_what`]}`)).join("   ·   "));
    },
  };
}

/** The monitor's own trouble, on every page. */
function impairedStrip() {
  const what = el("b");
  const node = el("div.strip.tone-technical", { role: "alert", id: "impaired" }, shape("technical"), what);
  return {
    node,
    draw(view) {
      const detail = view.state.system?.recording_impaired ?? null;
      show(node, detail !== null);
      if (detail !== null) setText(what, say(words.technical.recording_impaired, { detail }));
    },
  };
}

/** On every page but the ward, whose tiles say it: what nobody has answered in other rooms. */
function elsewhereStrip() {
  const lines = new Map();
  const [list, more] = [el("ul.elsewhere-list"), el("span.muted")];
  const node = el("nav.elsewhere", { "aria-label": words.alerts.elsewhere_title, id: "elsewhere" }, list, more);
  return {
    node,
    draw(view) {
      const page = openPage();
      const found = location.pathname === "/" ? [] : elsewhere(Object.values(view.state.sessions), page.session);
      const shown = found.slice(0, MAX_ELSEWHERE);
      keyed(list, lines, shown.map((one) => one.session.id), roomLine);
      for (const one of shown) lines.get(one.session.id).put(one, view);
      show(node, found.length > 0);
      show(more, found.length > shown.length);
      setText(more, say(words.alerts.elsewhere_more, { count: found.length - shown.length }));
    },
  };
}

function roomLine(id) {
  const line = alertLine();
  const [room, also, more, names] = [el("b"), el("span.elsewhere-also"), el("span.muted.num"), new Map()];
  return {
    node: el("li", {}, el("a", { href: `/session/${id}`, onclick: follow }, room, line.node, also, more)),
    put({ session, alert, rest }, view) {
      setText(room, roomName(session.room));
      line.put(alert, session, view);
      keyed(also, names, rest.map((one) => one.id), alertName);
      const { from, until } = turn(rest.length, isNarrow() ? NAMES_NARROW : rest.length, view.at);
      rest.forEach((one, i) => {
        names.get(one.id).put(one, session, view);
        show(names.get(one.id).node, i >= from && i < until);
      });
      show(more, until - from < rest.length);
      setText(more, say(words.ward.more, { from: until, count: rest.length }));
    },
  };
}

/** Which rooms' sound rests, by whom and for how long; and for half a minute why it came back. Not read out: it changes every second. */
function pauseStrip() {
  const rows = new Map();
  const list = el("ul");
  const node = el("div.strip.quiet-strip", { role: "region", "aria-label": words.pause.title, id: "pauses" }, list);
  return {
    node,
    draw(view) {
      const told = view.now === null ? [] : Object.values(view.state.sessions).flatMap((session) => pauseText(session, view));
      keyed(list, rows, told.map((one) => one.id), () => ({ node: el("li.num") }));
      for (const one of told) setText(rows.get(one.id).node, one.text);
      show(node, told.length > 0);
    },
  };
}

function pauseText(session, view) {
  const room = roomName(session.room);
  const pause = pauseOf(session, view.now);
  if (pause !== null) return [{ id: session.id, text: say(words.pause.of_room, { room, by: pause.by, time: clock(pause.leftMs + 999) }) }];
  const back = resumedOf(view.state.journal[session.id] ?? [], view.now);
  return back === null ? [] : [{ id: session.id, text: say(words.pause.over, { room, text: back.text }) }];
}

/** A quiet line: nobody would hear an alert; and what else does not work as it should and holds nothing up. */
function watchLine() {
  const what = el("span");
  const node = el("p.quiet-line", { role: "status", id: "watching" }, what);
  return {
    node,
    draw(view) {
      const { system, sessions } = view.state;
      const isWatched = !system || system.watching !== 0 || Object.keys(sessions).length === 0;
      const isProven = ["proven", "failed"].includes(soundState(view.at));
      const nobody = isWatched ? [] : isProven ? [words.watch.nobody] : [words.watch.nobody, words.watch.nobody_do];
      const told = view.feed === "live" ? [...nobody, ...(system?.warnings ?? [])] : [];
      show(node, told.length > 0);
      setText(what, told.join(" "));
    },
  };
}
