// The paper of the record: a thin line every 5 minutes, a heavy one every 15, scales at the sides, baselines and limits. Pure.

import { hourMinute } from "./format.mjs";
import { MINUTE_MS } from "./record_layout.mjs";
import { freeBetween, spotsOf } from "./record_names.mjs";
import { box, line, text, widthOf } from "./record_shapes.mjs";

const THIN_MIN = 5;
const HEAVY_MIN = 15;
const CLOSEST_PX = 5; // thin lines nearer than this would be a grey field
const LABEL_ROOM_PX = 56;
const LABEL_STEPS_MIN = [5, 15, 30, 60, 120, 240];
const PRIORITIES = ["high", "medium", "low"];
const LABEL = 11;
const LEVEL_ROOM_PX = 130;
const NAME_STEP_PX = 8; // between two places that are tried for the name of a level

/** Upright lines through every lane, on the clock's own quarters of an hour, and the time below them. */
export function timeGrid(layout, { zone, startMs }) {
  const minutePx = MINUTE_MS * ((layout.right - layout.left) / (layout.until - layout.from));
  const shapes = [];
  const step = minutePx * THIN_MIN < CLOSEST_PX ? HEAVY_MIN : THIN_MIN;
  for (const at of ticks(layout, step)) {
    const isHeavy = at % (HEAVY_MIN * MINUTE_MS) === 0;
    for (const lane of [layout.main, layout.spo2, layout.rr]) shapes.push(line(layout.x(at), lane.top, layout.x(at), lane.bottom, isHeavy ? "--edge" : "--line", { width: isHeavy ? 1.4 : 0.7 }));
  }
  const labels = LABEL_STEPS_MIN.find((minutes) => minutes * minutePx >= LABEL_ROOM_PX) ?? LABEL_STEPS_MIN.at(-1);
  for (const at of ticks(layout, labels)) {
    if (layout.x(at) > layout.right - 12 && layout.isNarrow) continue;
    shapes.push(text(layout.x(at), layout.foot + 14, hourMinute(at, zone), "--text", { side: "middle" }));
    if (startMs !== null) shapes.push(text(layout.x(at), layout.foot + 28, sinceStart(at - startMs), "--muted", { side: "middle", size: LABEL }));
  }
  return shapes;
}

function ticks({ from, until }, stepMin) {
  const step = stepMin * MINUTE_MS;
  const found = [];
  for (let at = Math.ceil(from / step) * step; at <= until; at += step) found.push(at);
  return found;
}

/** Minutes since the start of the infusion: +15′, −5′. */
function sinceStart(ms) {
  const minutes = Math.round(ms / MINUTE_MS);
  return `${minutes < 0 ? "\u2212" : "+"}${Math.abs(minutes)}\u2032`;
}

/** Level lines and numbers of each lane, and what it holds. */
export function scales(layout, texts) {
  const lanes = [[layout.main, texts.lanes.main, "left"], [layout.spo2, texts.lanes.spo2, "left"], [layout.rr, texts.lanes.rr, "left"], [layout.co2, texts.lanes.co2, "right"]];
  return lanes.flatMap(([lane, name, side]) => (lane ? scale(layout, lane, name, side) : []));
}

function scale(layout, lane, name, side) {
  const isLeft = side === "left";
  const shapes = [];
  for (let value = Math.ceil(lane.low / lane.step) * lane.step; value <= lane.high; value += lane.step) {
    const y = lane.y(value);
    if (isLeft) shapes.push(line(layout.left, y, layout.right, y, "--line", { width: 0.7 }));
    if (value % lane.label !== 0 || value === lane.low) continue; // the lowest would touch the lane below
    shapes.push(text(isLeft ? layout.left - 6 : layout.right + 6, y + 4, String(value), "--muted", { side: isLeft ? "end" : "start", size: LABEL }));
  }
  const width = widthOf(name, LABEL);
  const [x, y] = [isLeft ? layout.left + 4 : layout.right - width - 4, lane.top + LABEL + 1];
  return [...shapes, box(x - 2, lane.top + 1, width + 4, LABEL + 4, "--panel", 0.8), text(x, y, name, "--muted", { size: LABEL })];
}

const LANES = { systolic_bp: "main", diastolic_bp: "main", heart_rate: "main", spo2: "spo2", respiratory_rate: "rr" };
const TONES = { systolic_bp: "--bp", diastolic_bp: "--bp", heart_rate: "--hr", spo2: "--spo2", respiratory_rate: "--rr" };

/** The limits that are drawn: of each vital sign and direction the one of the highest priority, [{vital, direction, limit, priority, isOwn}]. */
export function limitsToDraw(limits) {
  const best = new Map();
  for (const limit of limits) {
    const key = `${limit.vital} ${limit.direction}`;
    const known = best.get(key);
    if (limit.vital in LANES && (!known || isBefore(limit, known))) best.set(key, { ...limit, isOwn: limit.limit !== limit.ordinary });
  }
  return [...best.values()];
}

/** Of two limits of one direction: the higher priority, and of equals the one that a value meets first. */
function isBefore(limit, known) {
  const rank = PRIORITIES.indexOf(limit.priority) - PRIORITIES.indexOf(known.priority);
  return rank < 0 || (rank === 0 && (limit.direction === "high" ? limit.limit < known.limit : limit.limit > known.limit));
}

/** Limits dashed and baselines dotted, each with its name where none of `drawn`, the shapes of the values, and no other name lies: where the paper is still empty, else as far left as can be. */
export function levels(layout, { limits, baselines, labels, texts, nowMs, drawn }) {
  const isRightFree = layout.x(nowMs) + LEVEL_ROOM_PX < layout.right;
  const shapes = [];
  const spots = drawn.flatMap(spotsOf);
  const put = (vital, value, name, { tone, dash, alpha }) => {
    const lane = layout[LANES[vital]];
    const y = lane.y(value);
    if (y < lane.top || y > lane.bottom) return;
    shapes.push(line(layout.left, y, layout.right, y, tone, { dash, alpha }));
    const width = widthOf(name, LABEL);
    if (layout.isNarrow) return;
    const left = freeAlong(layout, { y, width: width + 4, spots, isRightFree });
    if (left === null) return;
    spots.push([left, left + width + 4, y - LABEL - 2, y]);
    shapes.push(box(left, y - LABEL - 2, width + 4, LABEL + 2, "--panel", 0.75), text(left + 2, y - 3, name, tone, { size: LABEL }));
  };
  for (const limit of limitsToDraw(limits)) {
    const words = limit.isOwn ? texts.limit_own : texts.limit;
    const name = fill(words, { label: labels[limit.vital], sign: limit.direction === "high" ? "≥" : "<", limit: limit.limit });
    put(limit.vital, limit.limit, name, { tone: "--technical", dash: [6, 5], alpha: 0.65 });
  }
  for (const { vital, value_milli: milli } of baselines) {
    if (!(vital in LANES)) continue;
    const name = fill(texts.baseline, { label: labels[vital], value: Math.round(milli / 100) / 10 });
    put(vital, milli / 1000, name, { tone: TONES[vital], dash: [2, 5], alpha: 0.6 });
  }
  return shapes;
}

/** Where along a line at `y` its name covers nothing: x of its left side; null where there is no such place. The scale at the side still says the level. */
function freeAlong(layout, { y, width, spots, isRightFree }) {
  const isFree = freeBetween(spots, y - LABEL - 2, y);
  const end = layout.right - width - 2;
  if (isRightFree && isFree(end, width)) return end;
  for (let left = layout.left + 2; left <= end; left += NAME_STEP_PX) if (isFree(left, width)) return left;
  return null;
}

export const fill = (template, values) => template.replace(/\{(\w+)\}/g, (place, name) => (name in values ? String(values[name]) : place));
