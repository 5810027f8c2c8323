// Measured values on the record: streams as dots, cuff values as V and inverted V, gaps hatched, late and questionable values marked. Pure.
//
// Nothing is averaged and no line joins two values. Where a column of pixels holds many values, its smallest and largest are drawn with a
// stroke between them: no peak is lost, and what is between them was measured.

import { firstFrom } from "./record_layout.mjs";
import { box, dots, hatched, mark, strokes, text, widthOf } from "./record_shapes.mjs";
import { gapsOf, MARK } from "./history.mjs";
import { clock, hourMinute } from "./format.mjs";

const COLUMN_PX = 2;
const LABEL = 11;

/** Dots of one vital sign in a lane. `shape`: a mark instead of a dot where values stand far enough apart. */
export function streamShapes(track, layout, lane, tone) {
  if (!track) return [];
  const columns = columnsOf(track, layout);
  const [plain, late, doubtful, spans] = [[], [], [], []];
  for (const { x, low, high, kind } of columns) {
    const into = kind === MARK.late ? late : kind === MARK.questionable ? doubtful : plain;
    into.push([x, lane.y(low)]);
    if (high === low) continue;
    into.push([x, lane.y(high)]);
    if (kind === MARK.plain) spans.push([x, lane.y(low), lane.y(high)]);
  }
  const shapes = [];
  if (spans.length) shapes.push(strokes(spans, tone, { width: COLUMN_PX - 0.5, alpha: 0.55 }));
  if (plain.length) shapes.push(dots(plain, tone));
  if (late.length) shapes.push(dots(late, tone, { radius: 2.6, isHollow: true }));
  if (doubtful.length) shapes.push(dots(doubtful, tone, { radius: 1.4 }), ...questionMarks(doubtful, tone));
  return shapes;
}

/** Smallest and largest of each column of pixels and kind: [{place, x, low, high, kind}]. Plain values of one column are never mixed with marked ones. */
export function columnsOf({ at, value, mark: kinds }, { from, until, x }) {
  const columns = [];
  const last = []; // by kind, the column at hand
  for (let i = firstFrom({ at }, from); i < at.length && at[i] <= until; i += 1) {
    const one = value[i];
    if (one === null) continue;
    const kind = kinds[i];
    const left = x(at[i]);
    const place = Math.floor(left / COLUMN_PX);
    const column = last[kind];
    if (column !== undefined && column.place === place) {
      if (one < column.low) column.low = one;
      if (one > column.high) column.high = one;
    } else {
      columns.push((last[kind] = { place, x: left, low: one, high: one, kind }));
    }
  }
  return columns;
}

/** One "?" for each run of questionable dots, above its first. */
function questionMarks(points, tone) {
  const marks = [];
  let last = -Infinity;
  for (const [x, y] of points) {
    if (x - last > 9) marks.push(text(x, y - 5, "?", tone, { side: "middle", size: LABEL, isBold: true }));
    last = x;
  }
  return marks;
}

/** Where nothing usable came, with how long: {shapes, hits}. `nowMs` null: nothing more is expected. */
export function gapLane(track, layout, lane, { gapMs, nowMs, told, name, zone }) {
  const [shapes, hits] = [[], []];
  if (!track) return { shapes, hits };
  for (const { fromMs, untilMs } of gapsOf(track, gapMs, nowMs)) {
    if (untilMs < layout.from || fromMs > layout.until) continue;
    const left = layout.x(Math.max(fromMs, layout.from));
    const width = Math.max(1.5, layout.x(Math.min(untilMs, layout.until)) - left);
    shapes.push(hatched(left, lane.top, width, lane.bottom - lane.top));
    const length = clock(untilMs - fromMs);
    const full = told.replace("{time}", length);
    hits.push({ key: `gap ${name} ${fromMs}`, x: left, y: lane.bottom - 10, width, words: `${hourMinute(fromMs, zone)} · ${name}: ${full}` });
    const said = [full, length].find((one) => widthOf(one, LABEL) + 4 < width);
    if (!said) continue;
    const [middle, base] = [left + width / 2, lane.bottom - 6];
    shapes.push(box(middle - widthOf(said, LABEL) / 2 - 2, base - LABEL, widthOf(said, LABEL) + 4, LABEL + 4, "--panel", 0.85));
    shapes.push(text(middle, base, said, "--muted", { side: "middle", size: LABEL }));
  }
  return { shapes, hits };
}

/** Cuff values: V systolic, inverted V diastolic, a thin stroke between, a dash at the mean. A late one has a hollow disc above, a questionable one a "?". */
export function cuffShapes(tracks, layout, lane) {
  const [sys, dia, map] = ["systolic_bp", "diastolic_bp", "mean_bp"].map(tracks);
  if (!sys || !dia) return [];
  const size = layout.isNarrow ? 4 : 5;
  const [lower, mean] = [byTime(dia), byTime(map)];
  const [spans, marks] = [[], []];
  for (let i = firstFrom(sys, layout.from); i < sys.at.length && sys.at[i] <= layout.until; i += 1) {
    const [systolic, diastolic] = [sys.value[i], lower.get(sys.at[i]) ?? null];
    if (systolic === null || diastolic === null) continue;
    const x = layout.x(sys.at[i]);
    const [top, bottom] = [lane.y(systolic), lane.y(diastolic)];
    spans.push([x, top, bottom]);
    marks.push(mark("systolic", x, top, size, "--bp"), mark("diastolic", x, bottom, size, "--bp"));
    const middle = mean.get(sys.at[i]) ?? null;
    if (middle !== null) marks.push(mark("mean", x, lane.y(middle), size, "--bp"));
    if (sys.mark[i] === MARK.late) marks.push(mark("low", x, top - size * 1.5 - 5, 3, "--bp", true));
    if (sys.mark[i] === MARK.questionable) marks.push(text(x, top - size * 1.5 - 3, "?", "--bp", { side: "middle", size: LABEL, isBold: true }));
  }
  return spans.length ? [strokes(spans, "--bp", { alpha: 0.45 }), ...marks] : [];
}

const byTime = (track) => new Map((track?.at ?? []).map((at, i) => [at, track.value[i]]));
