// Options of one pane of the trend for uPlot: axes in the site's zone, minutes since the start, zoom by dragging.

import { colour } from "./colours.mjs";
import { hourMinute } from "./format.mjs";

const FONT = "12px Inter, sans-serif";
const MINUTE = 60;

/** `hooks`: {zoomTo([fromMs, untilMs] or null), point(seconds or null), zone(), startMs()}; `under` and `over` paint below and above the line. */
export function plotOptions({ stroke, hasLabels, range, hooks, under, over }) {
  return {
    width: 600,
    height: 200,
    legend: { show: false },
    padding: [8, 10, hasLabels ? 0 : 4, 0],
    cursor: { sync: { key: "trend" }, drag: { x: true, y: false, setScale: false }, points: { show: false }, bind: { dblclick: () => () => hooks.zoomTo(null) } },
    scales: { x: { time: true }, y: { range } },
    axes: [timeAxis(hasLabels, hooks), valueAxis()],
    series: [{}, { stroke: () => colour(stroke), width: 1.5, points: { show: false }, spanGaps: false }],
    hooks: { drawClear: [under], draw: [over], setSelect: [(plot) => select(plot, hooks)], setCursor: [(plot) => hooks.point(cursorSeconds(plot))] },
  };
}

function timeAxis(hasLabels, hooks) {
  const label = (seconds) => {
    const startMs = hooks.startMs();
    const time = hourMinute(seconds * 1000, hooks.zone());
    return startMs === null ? time : `${time}\n${sinceStart(seconds - startMs / 1000)}`;
  };
  return {
    stroke: () => colour("--muted"),
    font: FONT,
    grid: { stroke: () => colour("--line"), width: 1 },
    ticks: { show: false },
    size: hasLabels ? 40 : 4,
    space: 64,
    incrs: [1, 2, 5, 10, 15, 30, 60, 120, 240].map((minutes) => minutes * MINUTE),
    values: (_plot, splits) => splits.map((seconds) => (hasLabels ? label(seconds) : "")),
  };
}

/** Minutes since the start of the infusion, as the paper record counts: +15′, −5′. */
function sinceStart(seconds) {
  const minutes = Math.round(seconds / MINUTE);
  return `${minutes < 0 ? "\u2212" : "+"}${Math.abs(minutes)}\u2032`;
}

function valueAxis() {
  return { stroke: () => colour("--muted"), font: FONT, grid: { stroke: () => colour("--line"), width: 1 }, ticks: { show: false }, size: 40, space: 34 };
}

function select(plot, hooks) {
  const { left, width } = plot.select;
  if (width < 8) return;
  hooks.zoomTo([plot.posToVal(left, "x") * 1000, plot.posToVal(left + width, "x") * 1000]);
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}

function cursorSeconds(plot) {
  const { left } = plot.cursor;
  return left === undefined || left < 0 ? null : plot.posToVal(left, "x");
}
