// The last ten minutes on a tile: heart rate and cuff pressure above, SpO2 below. Every tile has the same scales, so rooms compare at a glance.

import { colour } from "./colours.mjs";
import { el } from "./dom.mjs";
import { trackOf } from "./feed.mjs";
import { gapFor, withGaps } from "./history.mjs";
import { cuffMark } from "./marks.mjs";

export const SPAN_MS = 600_000;
const UPPER = { low: 35, high: 205, from: 0, to: 0.7 };
const LOWER = { low: 82, high: 101, from: 0.76, to: 1 };
const REDRAW_MS = 1_000;
const LEAST_PX = 14; // lower than this a line says nothing
const EDGE = { px: 5, share: 0.08 }; // at both ends of the scale, so that a mark there stands inside its frame; less on a low tile

/** {node, put(session, view)}. Draws when time has moved it by a pixel, at most once a second, and only while it can be seen. */
export function spark() {
  const canvas = el("canvas.spark", { role: "img" });
  let drawnAt = -Infinity;
  let wasLive = null;
  let size = { width: 0, height: 0 };
  const resized = new ResizeObserver(([entry]) => {
    size = { width: entry.contentRect.width, height: entry.contentRect.height };
    drawnAt = -Infinity;
  });
  resized.observe(canvas);
  const again = () => {
    drawnAt = -Infinity;
  };
  addEventListener("themechange", again);
  return {
    node: canvas,
    end() {
      resized.disconnect();
      removeEventListener("themechange", again);
    },
    put(session, view) {
      if (document.hidden || !size.width || size.height < LEAST_PX) return;
      const everyMs = Math.max(REDRAW_MS, SPAN_MS / size.width / (devicePixelRatio || 1) / view.speed);
      if (view.at - drawnAt < everyMs && view.isLive === wasLive) return;
      drawnAt = view.at;
      wasLive = view.isLive;
      paint(canvas, size, session, view);
    },
  };
}

function paint(canvas, { width, height }, session, view) {
  const { id } = session;
  const ratio = devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const x = (at) => width - 3 - ((view.heldNow - at) / SPAN_MS) * (width - 6);
  const edge = Math.min(EDGE.px, height * EDGE.share);
  const y = ({ low, high, from, to }) => (value) => height * to - edge - (height * (to - from) - 2 * edge) * Math.min(1, Math.max(0, (value - low) / (high - low)));
  context.strokeStyle = colour("--line");
  context.lineWidth = 1;
  context.strokeRect(0.5, 0.5, width - 1, Math.round(height * UPPER.to) + 0.5);
  context.strokeRect(0.5, Math.round(height * LOWER.from) - 1.5, width - 1, height - Math.round(height * LOWER.from) + 1);
  context.globalAlpha = view.isLive ? 1 : 0.4;
  const rate = trackOf(id, "heart_rate")?.at.length ? "heart_rate" : "pulse_rate";
  line(context, trackOf(id, rate), { x, y: y(UPPER), stroke: colour("--hr"), gapMs: gapFor(session, rate) });
  line(context, trackOf(id, "spo2"), { x, y: y(LOWER), stroke: colour("--spo2"), gapMs: gapFor(session, "spo2") });
  cuffs(context, id, x, y(UPPER));
  context.globalAlpha = 1;
}

function line(context, track, { x, y, stroke, gapMs }) {
  if (!track) return;
  const { at, value } = withGaps(track, gapMs);
  context.strokeStyle = stroke;
  context.lineWidth = 1.5;
  context.lineJoin = "round";
  context.beginPath();
  let isDown = false;
  for (let i = 0; i < at.length; i += 1) {
    const px = x(at[i]);
    if (value[i] === null || px < 0) {
      isDown = false;
      continue;
    }
    if (isDown) context.lineTo(px, y(value[i]));
    else context.moveTo(px, y(value[i]));
    isDown = true;
  }
  context.stroke();
}

function cuffs(context, id, x, y) {
  const [systolic, diastolic] = [trackOf(id, "systolic_bp"), trackOf(id, "diastolic_bp")];
  if (!systolic || !diastolic) return;
  context.strokeStyle = colour("--bp");
  context.lineWidth = 1.5;
  systolic.at.forEach((at, i) => {
    const j = diastolic.at.lastIndexOf(at);
    const px = x(at);
    if (j < 0 || px < 3 || systolic.value[i] === null || diastolic.value[j] === null) return;
    cuffMark(context, px, { systolic: y(systolic.value[i]), diastolic: y(diastolic.value[j]), mean: null }, 3);
  });
}
