// What the devices of a session say beside their vital signs, in their own words: a pump's figures, a device's own states and alarms.
//
// No rule judges any of it, so nothing here looks like an alert: shapes are hollow, and of a priority it is told whose it is.

import { el, keyed, setAttribute, setText, shape, show } from "./dom.mjs";
import { age, hourMinute } from "./format.mjs";
import { labelOf, saidBy, stateText } from "./said.mjs";
import { say, words } from "./words.mjs";

const text = words.says;
const ORDER = [...Object.keys(text.figures), ...Object.keys(text.states)];

/** {node, put(session, view)}. */
export function saysPanel() {
  const list = el("div.says-list");
  const head = el("div.card-head", {}, el("h2", {}, text.title), el("span.grow"), el("span.muted.small", {}, text.what));
  const node = el("section.card.says", { id: "says", "aria-label": text.title, hidden: true }, head, list);
  const blocks = new Map();
  return {
    node,
    put(session, view) {
      const said = view.now === null ? [] : saidBy(session.devices, ORDER, view.now, view.isLive);
      show(node, said.length > 0);
      keyed(list, blocks, said.map((one) => one.device), speaker);
      for (const one of said) blocks.get(one.device).put(one, view.zone);
    },
  };
}

function speaker(device) {
  const [who, away] = [el("b"), el("span.device-state", { "data-connected": "false", hidden: true }, words.session.disconnected)];
  const [chips, facts] = [el("ul.says-states"), el("dl.says-figures")];
  const node = el("div.says-device", { "data-device": device }, el("p.says-who", {}, who, " ", away), chips, facts);
  const [states, figures] = [new Map(), new Map()];
  return {
    node,
    put({ isAway, isLast, states: stand, figures: told }, zone) {
      setText(who, say(isLast ? text.last : text.now, { device }));
      show(away, isAway);
      setAttribute(node, "data-last", isLast);
      show(chips, stand.length > 0);
      keyed(chips, states, stand.map(chipKey), (key) => chip(key.split(" ", 1)[0]));
      for (const one of stand) states.get(chipKey(one)).put(one, isLast, zone);
      show(facts, told.length > 0);
      keyed(facts, figures, told.map((one) => one.name), figure);
      for (const one of told) figures.get(one.name).put(one);
    },
  };
}

const chipKey = ({ name, priority }) => `${priority ?? "technical"} ${name}`;

/** A state or an alarm of the device's own, with the shape of the priority that the device gives it. */
function chip(tone) {
  const [what, own, since] = [el("b.says-words"), el("span.muted"), el("span.muted.num")];
  return {
    node: el("li.says-state", { "data-tone": tone }, shape(tone), el("span", {}, what, " ", own, " ", since)),
    put(one, isLast, zone) {
      setAttribute(what, "title", one.name);
      setText(what, stateText(one, text.states));
      setText(own, one.priority === null ? "" : text.own[one.priority]);
      setText(since, say(isLast ? text.said : text.since, { time: hourMinute(one.atMs, zone) }));
    },
  };
}

function figure(name) {
  const [value, told] = [el("dd.num.says-words"), el("dd.says-age.num")];
  const node = el("div", { "data-figure": name }, el("dt.says-words", {}, labelOf(name, text.figures)), value, told);
  return {
    node,
    put(one) {
      setText(value, figureText(one));
      setAttribute(node, "data-old", one.isOld);
      setText(told, say(one.isOld ? text.old : text.ago, { age: age(one.ageMs) }));
    },
  };
}

/** "12.5 mL/h", "20:00 min", "Ketamine"; dashes where the device has no number now. Never rounded: it says what the device says. */
function figureText({ value, unit, text: own }) {
  if (value === null) return own ?? words.looks.dashes;
  const number = unit === "s" ? age(value * 1000) : `${value} ${labelOf(unit, text.units)}`.trimEnd();
  return own === null ? number : `${number} ${own}`;
}
