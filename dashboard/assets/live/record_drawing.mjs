// The anaesthetic record of a session as a list of shapes: one drawing for the screen and for paper. Pure.
//
// Never a line across a gap, never smoothed, never averaged. The order of `shapes` is the order of painting.

import { cuffShapes, gapLane, streamShapes } from "./record_vitals.mjs";
import { alertLane, doseLane, eventLines, modelShapes } from "./record_lanes.mjs";
import { levels, scales, timeGrid } from "./record_grid.mjs";
import { layoutOf, RATES } from "./record_layout.mjs";
import { line } from "./record_shapes.mjs";
import { gapFor } from "./history.mjs";

/**
 * {layout, shapes, hits} of
 *   session   as the stream has it; `tracks(vital)` its series or null (history.mjs)
 *   events    see record_events.mjs; `limits` [{vital, direction, limit, ordinary, priority}]; `model` of GET .../effect-site, or null
 *   window    [from, until] in ms; `nowMs` up to when it is known; `isOpen`: more is to come, so silence at the end is a gap
 *   size      {width, height} in CSS pixels; `zone`, `texts` (words.record), `labels` of vital signs; `speed` of the monitor's clock
 */
export function drawRecord(record) {
  const { session, tracks, events, limits, model, window, nowMs, isOpen, size, zone, texts, labels, speed = 1 } = record;
  const hasCo2 = Boolean(tracks("etco2")?.at.length);
  const layout = layoutOf({ window, size, tracks, hasCo2, tones: new Set(events.alerts.map((span) => span.tone)) });
  const about = { texts, zone, nowMs };
  const rate = rateOf(tracks);
  const silence = (vital) => ({ gapMs: gapFor(session, vital) + Math.max(0, speed - 1) * 1000, nowMs: isOpen ? nowMs : null, told: texts.no_data, name: labels[vital], zone });
  const lanes = [["main", rate, "--hr"], ["spo2", "spo2", "--spo2"], ["rr", "respiratory_rate", "--rr"]];
  const gaps = lanes.map(([lane, vital]) => gapLane(tracks(vital), layout, layout[lane], silence(vital)));
  const above = [doseLane(layout, events, about), alertLane(layout, events, about), eventLines(layout, events, about)];
  const values = [
    ...(layout.co2 ? streamShapes(tracks("etco2"), layout, layout.co2, "--co2") : []),
    ...lanes.flatMap(([lane, vital, tone]) => streamShapes(tracks(vital), layout, layout[lane], tone)),
    ...cuffShapes(tracks, layout, layout.main),
  ];
  const leveled = levels(layout, { limits, baselines: session.baselines, labels, texts, nowMs, drawn: values });
  const shapes = [
    ...gaps.flatMap((one) => one.shapes),
    ...timeGrid(layout, { zone, startMs: session.started_at_ms }),
    ...scales(layout, texts),
    ...leveled,
    ...modelShapes(layout, model, { ...about, drawn: [...values, ...leveled] }),
    ...nowLine(layout, nowMs, isOpen),
    ...above.flatMap((one) => one.shapes),
    ...values,
  ];
  return { layout, shapes, hits: [...above, ...gaps].flatMap((one) => one.hits) };
}

/** The rate that is drawn: heart rate where there is any, else pulse rate. */
export const rateOf = (tracks) => RATES.find((vital) => tracks(vital)?.at.length) ?? RATES[0];

function nowLine(layout, nowMs, isOpen) {
  if (!isOpen || nowMs < layout.from || nowMs > layout.until) return [];
  return [line(layout.x(nowMs), layout.main.top, layout.x(nowMs), layout.foot, "--muted", { dash: [1, 3] })];
}
