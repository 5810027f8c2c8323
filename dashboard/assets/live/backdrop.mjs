// What lies behind the lines of the trend: when drug ran, where no data came, the baseline.

import { colour } from "./colours.mjs";
import { clock } from "./format.mjs";
import { isGap } from "./history.mjs";
import { say, words } from "./words.mjs";

const HATCH_FROM_MS = 30_000; // a shorter gap is seen as a gap; a longer one is named

function clipped(plot, paint) {
  const { ctx: context, bbox } = plot;
  context.save();
  context.beginPath();
  context.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  context.clip();
  context.font = `${12 * devicePixelRatio}px Inter, sans-serif`;
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  paint(context, bbox, (ms) => plot.valToPos(ms / 1000, "x", true), devicePixelRatio);
  context.restore();
}

/** Shaded while drug ran (fainter while paused), a bar on top, and a named line at each step. */
export function drawInfusion(plot, { bands, lines }, hasNames) {
  clipped(plot, (context, { top, height }, x, ratio) => {
    for (const { fromMs, untilMs, isPaused } of bands) {
      const [left, width] = [x(fromMs), x(untilMs) - x(fromMs)];
      context.fillStyle = colour("--dose");
      context.globalAlpha = isPaused ? 0.03 : 0.1;
      context.fillRect(left, top, width, height);
      context.globalAlpha = isPaused ? 0.25 : 0.9;
      context.fillRect(left, top, width, 4 * ratio);
    }
    context.globalAlpha = 1;
    lines.forEach(({ atMs, what }, i) => {
      context.fillStyle = colour("--dose");
      context.fillRect(Math.round(x(atMs)), top, ratio, height);
      const next = lines[i + 1];
      const room = next ? x(next.atMs) - x(atMs) : Infinity;
      const name = words.trend[what];
      if (hasNames && context.measureText(name).width + 8 * ratio < room) context.fillText(name, x(atMs) + 5 * ratio, top + 19 * ratio);
    });
  });
}

/** Hatched where nothing came, with how long. */
export function drawGaps(plot, track, gapMs) {
  if (!track || track.at.length < 2) return;
  clipped(plot, (context, { top, height }, x, ratio) => {
    for (let i = 1; i < track.at.length; i += 1) {
      const ms = track.at[i] - track.at[i - 1];
      if (ms <= HATCH_FROM_MS || !isGap(track, i, gapMs)) continue;
      const [left, right] = [x(track.at[i - 1]), x(track.at[i])];
      context.fillStyle = hatch(context, ratio);
      context.fillRect(left, top, right - left, height);
      const name = say(words.trend.no_data, { time: clock(ms) });
      if (context.measureText(name).width + 8 * ratio > right - left) continue;
      context.fillStyle = colour("--muted");
      context.fillText(name, left + 5 * ratio, top + height - 8 * ratio);
    }
  });
}

function hatch(context, ratio) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8 * ratio;
  const pen = tile.getContext("2d");
  pen.strokeStyle = colour("--hatch");
  pen.lineWidth = 2 * ratio;
  for (const shift of [-8, 0, 8]) {
    pen.moveTo(shift * ratio, 8 * ratio);
    pen.lineTo((shift + 8) * ratio, 0);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}

/** The baseline of the systolic pressure, dashed. */
export function drawBaseline(plot, baseline) {
  if (!baseline) return;
  clipped(plot, (context, { left, width }, _x, ratio) => {
    const y = Math.round(plot.valToPos(baseline.value_milli / 1000, "y", true)) + 0.5;
    context.strokeStyle = colour("--muted");
    context.lineWidth = ratio;
    context.setLineDash([3 * ratio, 5 * ratio]);
    context.beginPath();
    context.moveTo(left, y);
    context.lineTo(left + width, y);
    context.stroke();
  });
}
