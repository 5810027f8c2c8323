// One charted sign in a form: what stands and since when, and how it is charted. Few values are buttons, others a list or a number.

import { el, setAttribute, setText } from "./dom.mjs";
import { hourMinute } from "./format.mjs";
import { wholeNumber } from "./care.mjs";
import { say, signs, words } from "./words.mjs";

const text = words.chart;
const BUTTONS_UP_TO = 6;
const LIST_UP_TO = 10;

/** "yes", "5", "−1". */
export function shownValue(sign, value) {
  if (signs[sign].is_yes_no) return value ? text.yes : text.no;
  return String(value).replace("-", "\u2212");
}

/** What stands: "4 · 10:21 vega". */
export function standsText(sign, now, zone) {
  return now === null ? text.never : say(text.last, { value: shownValue(sign, now.value), time: hourMinute(now.at_ms, zone), by: now.by });
}

/**
 * {node, value(), choose(value), tell(state), put(now, view, mayAct)}. `onChange(value)` is told of each choice; null: none. A number that is
 * being typed is a choice once it is left, or `isEager`. `tell` says what became of it: "saving", "saved", "failed" or "idle".
 */
export function signField(sign, onChange, { isEager = false } = {}) {
  const { label, low, high, is_yes_no: isYesNo } = signs[sign];
  const [name, last, mark] = [el("span.sign-name", {}, label), el("span.sign-last.num"), el("span.sign-mark", { role: "status" })];
  const input = isYesNo || high - low < BUTTONS_UP_TO ? buttons(sign, onChange) : high - low < LIST_UP_TO ? list(sign, onChange) : number(sign, onChange, isEager);
  const node = el("div.sign", { "data-sign": sign, "data-state": "idle" }, name, input.node, last, mark);
  return {
    node,
    value: input.value,
    choose: input.choose,
    tell(state) {
      setAttribute(node, "data-state", state);
      setText(mark, text[state] ?? "");
    },
    put(now, view, mayAct) {
      input.put(now, mayAct);
      setText(last, standsText(sign, now, view.zone));
      setAttribute(node, "data-charted", String(now !== null));
    },
  };
}

/** A choice of buttons: the one that stands is framed, the chosen one filled. A second press takes a choice back. */
function buttons(sign, onChange) {
  const { label, low, high, is_yes_no: isYesNo } = signs[sign];
  const scale = text.scales[sign] ?? {};
  let chosen = null;
  const values = Array.from({ length: high - low + 1 }, (_, i) => low + i);
  if (sign === "sedation") values.reverse(); // the usual finding first
  const made = values.map((value) => {
    const shown = isYesNo ? shownValue(sign, value) : String(value);
    const name = scale[value] ? `${label} ${value}: ${scale[value]}` : `${label}: ${shown}`;
    return el("button", { type: "button", "data-value": value, title: scale[value], "aria-label": name, onclick: () => pick(chosen === value ? null : value) }, shown);
  });
  const node = el("div.segments.sign-buttons", { role: "group", "aria-label": label }, ...made);
  function choose(value) {
    chosen = value;
    for (const one of made) setAttribute(one, "aria-pressed", String(Number(one.dataset.value) === value && value !== null));
  }
  function pick(value) {
    choose(value);
    onChange(value);
  }
  choose(null);
  return {
    node,
    value: () => chosen,
    choose,
    put(now, mayAct) {
      for (const one of made) {
        setAttribute(one, "data-stands", now !== null && Number(one.dataset.value) === now.value ? "true" : null);
        if (one.disabled === mayAct) one.disabled = !mayAct;
      }
    },
  };
}

function list(sign, onChange) {
  const { label, low, high } = signs[sign];
  const scale = text.scales[sign] ?? {};
  const values = Array.from({ length: high - low + 1 }, (_, i) => high - i);
  const options = values.map((value) => el("option", { value }, scale[value] ? `${shownValue(sign, value)} ${scale[value]}` : shownValue(sign, value)));
  const node = el("select", { "aria-label": label }, el("option", { value: "" }, text.choose), ...options);
  const value = () => (node.value === "" ? null : Number(node.value));
  node.addEventListener("change", () => onChange(value()));
  return { node, value, choose: (next) => (node.value = next === null ? "" : String(next)), put: (_now, mayAct) => (node.disabled = !mayAct) };
}

function number(sign, onChange, isEager) {
  const { label, low, high } = signs[sign];
  const node = el("input.num", { type: "text", inputmode: "numeric", maxlength: "4", placeholder: `${low}–${high}`, "aria-label": `${label}, ${low} to ${high}` });
  const value = () => wholeNumber(node.value, signs[sign]);
  node.addEventListener("input", () => setAttribute(node, "aria-invalid", node.value.trim() !== "" && value() === null ? "true" : null));
  node.addEventListener(isEager ? "input" : "change", () => onChange(value()));
  function choose(next) {
    node.value = next === null ? "" : String(next);
    setAttribute(node, "aria-invalid", null);
  }
  return { node, value, choose, put: (_now, mayAct) => (node.disabled = !mayAct) };
}
