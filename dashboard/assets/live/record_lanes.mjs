// Above the grid of the record: what was given, which alerts stood, and what happened, as upright lines through it. Pure.
//
// Everything here may also be asked for its words: `hits` are the places of the marks, for a pointer or the keyboard.

import { hourMinute, mg, rate } from "./format.mjs";
import { givenBy } from "./record_events.mjs";
import { fill } from "./record_grid.mjs";
import { MINUTE_MS } from "./record_layout.mjs";
import { freeBetween, spotsOf } from "./record_names.mjs";
import { box, curve, line, mark, text, widthOf } from "./record_shapes.mjs";

const LABEL = 11;
const GIVEN_STEPS_MIN = [5, 15, 30, 60, 120];
const GIVEN_ROOM_PX = 46;

const hit = (key, x, y, words, width = 0) => ({ key, x, y, width, words });
const isIn = (layout, ms) => ms >= layout.from && ms <= layout.until;

/** A bar for each rate with the rate on it, a numbered mark for each bolus, and the dose given so far below. {shapes, hits}. */
export function doseLane(layout, events, { texts, zone, nowMs }) {
  const { top, bar } = layout.dose;
  const [shapes, hits] = [[box(layout.left, top, layout.right - layout.left, bar, "--panel-2")], []];
  for (const { fromMs, untilMs, ugPerMin } of events.rates) {
    if (untilMs < layout.from || fromMs > layout.until) continue;
    const [left, right] = [layout.x(Math.max(fromMs, layout.from)), layout.x(Math.min(untilMs, layout.until))];
    shapes.push(box(left, top, right - left, bar, "--dose", 0.3), box(left, top, right - left, 3, "--dose"));
    const words = [fill(texts.rate, { rate: rate(ugPerMin) }), rate(ugPerMin)].find((one) => widthOf(one, LABEL) + 8 < right - left);
    if (words) shapes.push(text(left + 5, top + 15, words, "--text", { size: LABEL, isBold: true }));
    hits.push(hit(`rate ${fromMs}`, left, top + bar / 2, fill(texts.rate_from, { rate: rate(ugPerMin), from: hourMinute(fromMs, zone), until: hourMinute(untilMs, zone) }), right - left));
  }
  for (const { fromMs, untilMs, isPaused } of events.bands) {
    if (!isPaused || untilMs < layout.from || fromMs > layout.until) continue;
    const [left, right] = [layout.x(Math.max(fromMs, layout.from)), layout.x(Math.min(untilMs, layout.until))];
    shapes.push(line(left, top + bar / 2, right, top + bar / 2, "--dose", { width: 2, dash: [3, 4] }));
  }
  for (const { atMs, ug, words } of events.boluses.filter((bolus) => isIn(layout, bolus.atMs))) {
    const x = layout.x(atMs);
    const amount = mg(ug).replace(/\.0$/, "");
    shapes.push(mark("bolus", x, top + 5, 4.5, "--text"), box(x - widthOf(amount) / 2 - 2, top + 8, widthOf(amount) + 4, 12, "--panel", 0.85), text(x, top + 18, amount, "--text", { side: "middle", isBold: true }));
    hits.push(hit(`bolus ${atMs}`, x, top + 10, `${hourMinute(atMs, zone)} · ${words}`));
  }
  return { shapes: [...shapes, ...givenRow(layout, events, { texts, nowMs })], hits };
}

/** Milligrams given so far, at steps of the clock while anything had been given. */
function givenRow(layout, events, { texts, nowMs }) {
  const began = Math.min(...events.rates.map((span) => span.fromMs), ...events.boluses.map((bolus) => bolus.atMs));
  const ended = Math.max(...events.rates.map((span) => span.untilMs), ...events.boluses.map((bolus) => bolus.atMs));
  if (!Number.isFinite(began)) return [];
  const minutePx = MINUTE_MS * ((layout.right - layout.left) / (layout.until - layout.from));
  const step = (GIVEN_STEPS_MIN.find((minutes) => minutes * minutePx >= GIVEN_ROOM_PX) ?? GIVEN_STEPS_MIN.at(-1)) * MINUTE_MS;
  const shapes = [];
  const stop = Math.min(layout.until, nowMs, Math.ceil(ended / step) * step);
  for (let at = Math.ceil(Math.max(layout.from, began) / step) * step; at <= stop; at += step) {
    shapes.push(text(layout.x(at), layout.dose.bottom - 2, fill(texts.given, { mg: mg(givenBy(events, at)) }), "--dose", { side: "middle", size: LABEL }));
  }
  return shapes;
}

/** One row for each priority that was raised: its shape where it was raised, a bar while it stood, a thin one while it was over and unanswered, a tick at the answer. */
export function alertLane(layout, events, { zone }) {
  const [shapes, hits] = [[], []];
  for (const span of events.alerts) {
    const y = layout.alerts.rows.get(span.tone);
    if (y === undefined || span.untilMs < layout.from || span.fromMs > layout.until) continue;
    const at = (ms) => layout.x(Math.min(layout.until, Math.max(layout.from, ms)));
    const [left, right, over] = [at(span.fromMs), at(span.untilMs), at(span.overMs ?? span.untilMs)];
    const tone = `--${span.tone}`;
    shapes.push(box(left, y - 2, Math.max(1, over - left), 4, tone, 0.75));
    if (right > over) shapes.push(line(over, y, right, y, tone, { dash: [2, 3] }));
    if (span.answeredMs !== null && isIn(layout, span.answeredMs)) shapes.push(line(layout.x(span.answeredMs), y - 5, layout.x(span.answeredMs), y + 5, "--text", { width: 1.6 }));
    if (isIn(layout, span.fromMs)) shapes.push(mark(span.tone, left, y, 5.5, tone));
    hits.push(hit(`alert ${span.id} ${span.fromMs}`, left, y, `${hourMinute(span.fromMs, zone)} · ${span.words}`, right - left));
  }
  return { shapes, hits };
}

/** Start, pause, resume and stop as named lines through every lane; notes and charted signs as small marks above the grid. */
export function eventLines(layout, events, { texts, zone }) {
  const [shapes, hits] = [[], []];
  const y = layout.main.top - 8;
  let free = -Infinity;
  const lines = events.lines.filter((one) => isIn(layout, one.atMs));
  for (const { atMs, what } of lines) {
    const x = layout.x(atMs);
    const name = `${texts[what]} ${hourMinute(atMs, zone)}`;
    shapes.push(line(x, layout.alerts.bottom, x, layout.foot, "--dose", { width: 1.4 }));
    hits.push(hit(`step ${atMs}`, x, y, name));
    const isAtEnd = x + widthOf(name, LABEL) + 6 > layout.right;
    const from = isAtEnd ? x - widthOf(name, LABEL) - 4 : x + 4;
    if (from < free) continue;
    shapes.push(text(from, y + 4, name, "--dose", { size: LABEL, isBold: true }));
    free = from + widthOf(name, LABEL) + 6;
  }
  for (const { atMs, words, isNote } of events.notes.filter((note) => isIn(layout, note.atMs))) {
    shapes.push(mark("note", layout.x(atMs), y, 4, isNote ? "--text" : "--muted", !isNote));
    hits.push(hit(`note ${atMs} ${words}`, layout.x(atMs), y, `${hourMinute(atMs, zone)} · ${words}`));
  }
  return { shapes, hits };
}

/** The predicted effect-site concentration, dashed and named as what it is where that covers none of `drawn`, and when it is expected to be near its peak. */
export function modelShapes(layout, model, { texts, nowMs, drawn }) {
  if (!model?.points.length) return [];
  const { top, bottom } = layout.main;
  const most = Math.max(...model.points.map((point) => point.ng_per_ml), 1);
  const high = Math.max(300, Math.ceil(most / 100) * 100);
  const y = (value) => bottom - (value / high) * (bottom - top) * 0.5;
  const seen = model.points.filter((point) => isIn(layout, point.at_ms)).map((point) => [layout.x(point.at_ms), y(point.ng_per_ml)]);
  if (seen.length < 2) return [];
  const about = layout.isNarrow ? texts.model_short : texts.model;
  const shapes = [];
  if (model.peak && model.peak.until_ms > layout.from && model.peak.from_ms < layout.until) {
    const [left, right] = [layout.x(Math.max(layout.from, model.peak.from_ms)), layout.x(Math.min(layout.until, model.peak.until_ms))];
    shapes.push(box(left, top, right - left, bottom - top, "--model", 0.1));
    const name = right - left > widthOf(texts.peak, LABEL) / 2 && !layout.isNarrow ? texts.peak : texts.peak_short;
    const half = widthOf(name, LABEL) / 2;
    shapes.push(text(Math.min(Math.max((left + right) / 2, layout.left + half), layout.right - half), bottom - 6, name, "--model", { side: "middle", size: LABEL }));
  }
  const now = Math.min(layout.x(nowMs), layout.right);
  const [past, ahead] = [seen.filter(([x]) => x <= now), seen.filter(([x]) => x >= now)];
  if (past.length > 1) shapes.push(curve(past, "--model", { width: 1.8, dash: [5, 3] }));
  if (ahead.length > 1) shapes.push(curve(ahead, "--model", { width: 1.4, dash: [1.5, 4] }));
  for (const value of [high / 3, (2 * high) / 3, high]) shapes.push(text(layout.right + 6, y(value) + 4, String(Math.round(value)), "--model", { size: LABEL }));
  const width = widthOf(about, LABEL) + 4;
  const [x, y0] = besideCurve(layout, seen, width, drawn.flatMap(spotsOf));
  shapes.push(box(x, y0, width, LABEL + 4, "--panel", 0.8), text(x + 2, y0 + LABEL, about, "--model", { size: LABEL, isBold: true }));
  return shapes;
}

/** Left and top of a name below or above a curve, as far right as it covers nothing; a third of the way along where it always does. */
function besideCurve(layout, points, width, spots) {
  const { top, bottom } = layout.main;
  const placeAt = ([x, y], below) => [Math.max(layout.left + 2, Math.min(x, layout.right - width - 2)), below ? y + 6 : y - LABEL - 10];
  for (let i = points.length - 1; i >= 0; i -= 1) {
    for (const below of [true, false]) {
      const [x, y] = placeAt(points[i], below);
      if (y >= top && y + LABEL + 4 <= bottom && freeBetween(spots, y, y + LABEL + 4)(x, width)) return [x, y];
    }
  }
  return placeAt(points[Math.floor(points.length * 0.35)], true);
}
