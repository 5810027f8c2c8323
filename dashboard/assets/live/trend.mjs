// The trend of one session: heart rate and cuff pressure with the infusion drawn in, SpO2 below on its own axis.
//
// Never smoothed, never bridged over a gap. A zoom stays until it is taken back. Redrawn at most once a second.

import { cuffMark, hollowMark } from "./marks.mjs";
import { colour } from "./colours.mjs";
import { infusionBands, phaseSince } from "./course.mjs";
import { el, setAttribute, setText, show } from "./dom.mjs";
import { trackOf } from "./feed.mjs";
import { hourMinute, number } from "./format.mjs";
import { gapFor, withGaps } from "./history.mjs";
import { button } from "./actions.mjs";
import { plotOptions } from "./plot.mjs";
import { drawGaps, drawInfusion, drawBaseline } from "./backdrop.mjs";
import { say, words } from "./words.mjs";

const text = words.trend;
const REDRAW_MS = 1_000;
const NEAR_MS = 10_000;
const LEAD_MS = 300_000; // of the baseline before the start
const CUFF_NEAR_MS = 180_000;
const PANES = { main: { low: 30, high: 210, step: 10 }, spo2: { low: 84, high: 100, step: 4 } };

/** {node, put(session, view, journal), redraw(), end(), note}. */
export function trend(id) {
  const [main, spo2] = [el("div.pane.pane-main"), el("div.pane.pane-spo2")];
  const cursor = el("span.trend-cursor.num", { "aria-hidden": "true" });
  const note = el("p.outcome", { role: "status" });
  const chosen = windowChoice();
  const back = button(text.live, () => zoomTo(null), "quiet");
  const title = el("h2", {}, text.title);
  const head = el("div.card-head", {}, title, cursor, el("span.grow"), back, chosen.node);
  const legend = el("p.legend.muted", {}, text.legend);
  const node = el("section.card.trend", { "aria-label": text.title }, head, note, main, spo2, legend);
  const now = { session: null, view: null, journal: [], zoom: null, drawnAt: -Infinity, infusion: { bands: [], lines: [] } };
  const plots = makePlots();
  const resized = new ResizeObserver(() => {
    for (const { plot, root } of plots) if (root.clientWidth) plot.setSize({ width: root.clientWidth, height: root.clientHeight });
  });
  for (const { root } of plots) resized.observe(root);
  const repaint = () => {
    now.drawnAt = -Infinity;
  };
  addEventListener("themechange", repaint);
  chosen.node.addEventListener("click", () => zoomTo(null));

  function makePlots() {
    const hooks = { zoomTo, point, zone: () => now.view?.zone ?? "UTC", startMs: () => now.session?.started_at_ms ?? null };
    const upper = plotOptions({ ...PANES.main, stroke: "--hr", hasLabels: false, range: rangeOf("main"), hooks, under: paintUnder, over: paintOver });
    const lower = plotOptions({ ...PANES.spo2, stroke: "--spo2", hasLabels: true, range: rangeOf("spo2"), hooks, under: paintUnder, over: paintHollow("spo2") });
    return [
      { root: main, plot: new window.uPlot(upper, [[], []], main), vital: () => rateName(id) },
      { root: spo2, plot: new window.uPlot(lower, [[], []], spo2), vital: () => "spo2" },
    ];
  }

  function zoomTo(range) {
    now.zoom = range;
    repaint();
  }

  /** Values at the cursor, in words. */
  function point(seconds) {
    setText(cursor, seconds === null || !now.view ? "" : pointText(id, seconds * 1000, now.view.zone));
  }

  /** A fixed scale, widened only by values that would fall outside it. */
  function rangeOf(pane) {
    return () => {
      const names = pane === "spo2" ? ["spo2"] : [rateName(id), "systolic_bp", "diastolic_bp"];
      const values = names.flatMap((name) => trackOf(id, name)?.value ?? []).filter((value) => value !== null);
      const { low, high, step } = PANES[pane];
      const [least, most] = values.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [low, high]);
      return [Math.floor(least / step) * step, pane === "spo2" ? 101 : Math.ceil(most / step) * step];
    };
  }

  function paintUnder(plot) {
    if (!now.session) return;
    drawInfusion(plot, now.infusion, plot === plots?.[0]?.plot);
    const vital = plot === plots?.[0]?.plot ? rateName(id) : "spo2";
    drawGaps(plot, trackOf(id, vital), gapFor(now.session, vital));
    if (vital !== "spo2") drawBaseline(plot, now.session.baselines.find((one) => one.vital === "systolic_bp"));
  }

  function paintOver(plot) {
    paintHollow(rateName(id))(plot);
    paintCuffs(plot, id);
  }

  function paintHollow(vital) {
    return (plot) => {
      const track = trackOf(id, vital);
      if (!track) return;
      const context = begin(plot, vital === "spo2" ? "--spo2" : "--hr");
      track.at.forEach((at, i) => {
        if (track.hollow[i] && track.value[i] !== null) hollowMark(context, ...at2d(plot, at, track.value[i]), 3.5 * devicePixelRatio);
      });
      context.restore();
    };
  }

  function draw() {
    const { session, view } = now;
    now.drawnAt = view.at;
    now.infusion = infusionBands(session, now.journal, view.heldNow);
    const range = now.zoom ?? windowOf(chosen.value(), session, view.heldNow, id);
    for (const { plot, vital } of plots) {
      const track = trackOf(id, vital());
      const { at, value } = track ? withGaps(track, gapFor(session, vital())) : { at: [], value: [] };
      plot.setData([at.map((ms) => ms / 1000), value], false);
      plot.setScale("x", { min: range[0] / 1000, max: range[1] / 1000 });
    }
    show(back, now.zoom !== null);
  }

  return {
    node,
    note,
    redraw: repaint,
    put(session, view, journal) {
      Object.assign(now, { session, view, journal });
      setAttribute(node, "data-live", view.isLive);
      if (!document.hidden && view.at - now.drawnAt >= REDRAW_MS && main.clientWidth) draw();
    },
    end() {
      resized.disconnect();
      removeEventListener("themechange", repaint);
      for (const { plot } of plots) plot.destroy();
    },
  };
}

function windowChoice() {
  let value = "start";
  const buttons = Object.entries(text.windows).map(([key, name]) => el("button", { type: "button", "data-window": key, onclick: () => choose(key) }, name));
  const node = el("div.segments", { role: "group", "aria-label": text.title }, ...buttons);
  function choose(key) {
    value = key;
    for (const one of buttons) setAttribute(one, "aria-pressed", String(one.dataset.window === key));
  }
  choose(value);
  return { node, value: () => value };
}

/** [from, until] in ms of a window; with a little room on the right, and never narrower than ten minutes. */
export function windowOf(key, session, nowMs, id) {
  const first = Math.min(...["heart_rate", "pulse_rate", "spo2", "systolic_bp"].map((vital) => trackOf(id, vital)?.at[0] ?? nowMs), session.created_at_ms);
  const began = session.started_at_ms === null ? phaseSince(session) : session.started_at_ms - LEAD_MS;
  const from = { start: Math.max(began, session.created_at_ms), all: first }[key] ?? nowMs - Number(key) * 60_000;
  const until = Math.max(nowMs, from + 600_000);
  return [from, until + (until - from) * 0.02];
}

const rateName = (id) => (trackOf(id, "heart_rate")?.at.length ? "heart_rate" : "pulse_rate");

function begin(plot, stroke) {
  const context = plot.ctx;
  context.save();
  const { left, top, width, height } = plot.bbox;
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.strokeStyle = colour(stroke);
  context.fillStyle = colour(stroke);
  context.lineWidth = 1.8 * devicePixelRatio;
  return context;
}

const at2d = (plot, atMs, value) => [plot.valToPos(atMs / 1000, "x", true), plot.valToPos(value, "y", true)];

function paintCuffs(plot, id) {
  const [sys, dia, map] = ["systolic_bp", "diastolic_bp", "mean_bp"].map((vital) => trackOf(id, vital));
  if (!sys || !dia) return;
  const context = begin(plot, "--bp");
  const values = (track) => new Map((track?.at ?? []).map((at, i) => [at, track.value[i]]));
  const [lower, mean] = [values(dia), values(map)];
  const y = (value) => plot.valToPos(value, "y", true);
  sys.at.forEach((at, i) => {
    const [systolic, diastolic] = [sys.value[i], lower.get(at) ?? null];
    if (systolic === null || diastolic === null) return;
    const middle = mean.get(at) ?? null;
    const x = plot.valToPos(at / 1000, "x", true);
    cuffMark(context, x, { systolic: y(systolic), diastolic: y(diastolic), mean: middle === null ? null : y(middle) }, 5 * devicePixelRatio);
    if (sys.hollow[i]) hollowMark(context, x, y(systolic) - 12 * devicePixelRatio, 3 * devicePixelRatio);
  });
  context.restore();
}

/** "10:31 · HR 84 · SpO2 97 · 148/92 at 10:30". */
function pointText(id, atMs, zone) {
  const nearest = (vital, withinMs) => {
    const track = trackOf(id, vital);
    if (!track?.at.length) return null;
    let best = 0;
    for (let i = 1; i < track.at.length; i += 1) if (Math.abs(track.at[i] - atMs) < Math.abs(track.at[best] - atMs)) best = i;
    return Math.abs(track.at[best] - atMs) <= withinMs && track.value[best] !== null ? { at: track.at[best], value: number(track.value[best]) } : null;
  };
  const [rate, spo2] = [nearest(rateName(id), NEAR_MS), nearest("spo2", NEAR_MS)];
  const [sys, dia] = [nearest("systolic_bp", CUFF_NEAR_MS), nearest("diastolic_bp", CUFF_NEAR_MS)];
  const parts = [hourMinute(atMs, zone), rate && `HR ${rate.value}`, spo2 && `SpO2 ${spo2.value}`];
  if (sys && dia) parts.push(say(text.cuff_at, { value: `${sys.value}/${dia.value}`, time: hourMinute(sys.at, zone) }));
  return parts.filter(Boolean).join(" · ");
}

