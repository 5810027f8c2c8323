// The live anaesthesia record of one session: the drawing, its window, zoom by dragging and by keys, the values under the pointer.
//
// A zoom stays until it is taken back, whatever comes or reconnects meanwhile. Redrawn at most once a second.

import { button } from "./actions.mjs";
import { el, setAttribute, setText, show } from "./dom.mjs";
import { trackOf } from "./feed.mjs";
import { follow } from "./navigate.mjs";
import { paintCanvas } from "./record_canvas.mjs";
import { drawRecord, rateOf } from "./record_drawing.mjs";
import { recordEvents } from "./record_events.mjs";
import { recordHistory } from "./record_history.mjs";
import { recordMarks } from "./record_marks.mjs";
import { pointWords } from "./record_point.mjs";
import { recordSources } from "./record_sources.mjs";
import { chosenRange, keyed, zoomed } from "./record_window.mjs";
import { say, vitals, words } from "./words.mjs";

const text = words.record;
const REDRAW_MS = 1_000;
const SHORTEST_DRAG_PX = 8;
const ENDED = ["closed", "aborted"];
const LABELS = Object.fromEntries(Object.entries(vitals).map(([name, vital]) => [name, vital.label]));

/** {node, put(session, view, entries), load(session), end()}. */
export function recordPanel(id) {
  const sources = recordSources(id);
  const history = recordHistory(id, tell);
  const cursor = el("span.record-cursor.num", { "aria-hidden": "true" });
  const note = el("p.outcome", { role: "status" });
  const back = button(text.live, () => zoomTo(null), "quiet");
  const chosen = windowChoice(() => zoomTo(null));
  const zooms = [["+", text.nearer], ["-", text.farther]].map(([key, name]) => el("button", { type: "button", "aria-label": name, title: `${name} (${key})`, onclick: () => press(key) }, key === "-" ? "\u2212" : key));
  const print = el("a.button.quiet", { href: `/record/${id}`, onclick: follow }, text.print);
  const head = el("div.card-head", {}, el("h2", {}, text.title), cursor, el("span.grow"), back, el("div.segments", { role: "group", "aria-label": text.zoom }, ...zooms), chosen.node, print);
  const canvas = el("canvas", { "aria-hidden": "true" });
  const [hair, selection] = [el("div.record-hair", { hidden: true }), el("div.record-selection", { hidden: true })];
  const marks = recordMarks(text.marks);
  const plot = el("div.record-plot", { tabindex: "0", role: "group", "aria-label": text.title, "aria-describedby": "record-keys", onkeydown: pressed }, canvas, hair, selection, marks.node);
  const legend = el("p.legend.muted", {}, text.legend, " ", el("span", { id: "record-keys" }, text.keys));
  const node = el("section.card.record", { "aria-label": text.title }, head, note, plot, legend);
  const tracks = (vital) => trackOf(id, vital);
  const now = { session: null, view: null, entries: [], zoom: null, drawnAt: -Infinity, layout: null, size: { width: 0, height: 0 } };
  const resized = new ResizeObserver(([entry]) => {
    now.size = { width: entry.contentRect.width, height: entry.contentRect.height };
    draw();
  });
  resized.observe(plot);
  addEventListener("themechange", repaint);
  watchPointer();

  function repaint() {
    now.drawnAt = -Infinity;
  }

  function tell(state, detail) {
    setText(note, { loading: now.layout ? "" : text.loading, loaded: "", failed: say(text.failed, { detail }) }[state]);
    note.dataset.state = state === "failed" ? "failed" : "idle";
    plot.dataset.history = state;
    repaint();
  }

  function zoomTo(range) {
    now.zoom = range;
    draw();
  }

  /** Up to when the record goes: now, or the end of a session that has ended. */
  const endMs = () => (ENDED.includes(now.session.phase) ? now.session.phase_since_ms : now.view.heldNow);
  const shown = () => now.zoom ?? chosenRange(chosen.value(), now.session, endMs(), firstKnown(tracks));

  /** All that can be reached: from the first value to the end of the chosen window. */
  function whole() {
    const [from, until] = chosenRange("all", now.session, endMs(), firstKnown(tracks));
    return [from, Math.max(shown()[1], until)];
  }

  function press(key) {
    if (!now.session) return;
    const range = keyed(key, shown(), whole());
    if (range !== undefined) zoomTo(range);
  }

  function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !now.session || keyed(event.key, shown(), whole()) === undefined) return;
    event.preventDefault();
    press(event.key);
  }

  function watchPointer() {
    let from = null;
    const placeOf = (event) => Math.min(now.layout.right, Math.max(now.layout.left, event.clientX - plot.getBoundingClientRect().left));
    plot.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !now.layout || event.target.closest("button")) return;
      from = placeOf(event);
      plot.setPointerCapture(event.pointerId);
    });
    plot.addEventListener("pointermove", (event) => {
      if (!now.layout) return;
      const x = placeOf(event);
      show(hair, true);
      hair.style.transform = `translateX(${x}px)`;
      setText(cursor, pointWords(tracks, rateOf(tracks), now.layout.ms(x), now.view.zone));
      if (from === null) return;
      show(selection, Math.abs(x - from) >= SHORTEST_DRAG_PX);
      selection.style.cssText = `left:${Math.min(x, from)}px;width:${Math.abs(x - from)}px`;
    });
    const done = (event) => {
      const [begun, x] = [from, now.layout && placeOf(event)];
      from = null;
      show(selection, false);
      if (begun !== null && event.type === "pointerup" && Math.abs(x - begun) >= SHORTEST_DRAG_PX) zoomTo([begun, x].sort((a, b) => a - b).map(now.layout.ms));
    };
    for (const type of ["pointerup", "pointercancel"]) plot.addEventListener(type, done);
    plot.addEventListener("pointerleave", () => {
      show(hair, false);
      setText(cursor, "");
    });
    plot.addEventListener("dblclick", () => zoomTo(null));
  }

  function draw() {
    const { session, view, size } = now;
    if (!session || !size.width || !size.height) return;
    const began = performance.now();
    now.drawnAt = view.at;
    const isOpen = !ENDED.includes(session.phase);
    const events = recordEvents(session, now.entries, endMs());
    const about = { session, tracks, events, limits: sources.limits(), model: sources.model(), nowMs: endMs(), isOpen, size, zone: view.zone, texts: text, labels: LABELS, speed: view.speed };
    const { layout, shapes, hits } = drawRecord({ ...about, window: shown() });
    now.layout = layout;
    paintCanvas(canvas, shapes, size);
    marks.put(hits, layout);
    show(back, now.zoom !== null);
    setAttribute(plot, "data-from", Math.round(layout.from));
    setAttribute(plot, "data-until", Math.round(layout.until));
    setAttribute(plot, "data-drawn-in-ms", (performance.now() - began).toFixed(1));
  }

  return {
    node,
    load: history.load,
    put(session, view, entries) {
      Object.assign(now, { session, view, entries });
      setAttribute(node, "data-live", view.isLive);
      sources.put(session, view, entries);
      history.put(session, view);
      if (!document.hidden && view.at - now.drawnAt >= REDRAW_MS) draw();
    },
    end() {
      resized.disconnect();
      removeEventListener("themechange", repaint);
    },
  };
}

function windowChoice(onChoice) {
  let value = "start";
  const buttons = Object.entries(text.windows).map(([key, name]) => el("button", { type: "button", "data-window": key, onclick: () => choose(key) }, name));
  const node = el("div.segments", { role: "group", "aria-label": text.window }, ...buttons);
  function choose(key) {
    value = key;
    for (const one of buttons) setAttribute(one, "aria-pressed", String(one.dataset.window === key));
    onChoice();
  }
  for (const one of buttons) setAttribute(one, "aria-pressed", String(one.dataset.window === value));
  return { node, value: () => value };
}

const VITALS = ["heart_rate", "pulse_rate", "spo2", "systolic_bp", "respiratory_rate"];

function firstKnown(tracks) {
  const first = Math.min(...VITALS.map((vital) => tracks(vital)?.at[0] ?? Infinity));
  return Number.isFinite(first) ? first : null;
}
