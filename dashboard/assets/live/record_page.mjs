// The record of a session on paper: the same drawing as on the session's page, on sheets of A4 across, with a head on each, and its tables.
//
// It is read once, says as of when, and stands still. Nothing on it is live.

import { button } from "./actions.mjs";
import { el, setText } from "./dom.mjs";
import { afterSnapshot, view as viewNow } from "./feed.mjs";
import { fill, series, STREAM_POINTS } from "./history.mjs";
import { readJournal } from "./journal_load.mjs";
import { follow } from "./navigate.mjs";
import { setPage } from "./page.mjs";
import { drawRecord, rateOf } from "./record_drawing.mjs";
import { recordEvents } from "./record_events.mjs";
import { readingsOf } from "./record_history.mjs";
import { cuffSheets, happenedSheets, recordSheet } from "./record_paper.mjs";
import { sheetsOf, SHEET_PX } from "./record_sheets.mjs";
import { drawnModel } from "./record_sources.mjs";
import { paintSvg } from "./record_svg.mjs";
import { get } from "./rest.mjs";
import { settle } from "./state.mjs";
import { say, vitals, words } from "./words.mjs";

const text = words.paper;
const ENDED = ["closed", "aborted"];
const LABELS = Object.fromEntries(Object.entries(vitals).map(([name, vital]) => [name, vital.label]));

/** Mount the paper of session `id` in `root`. Returns how to unmount. */
export function mountRecord(root, id) {
  setPage({ session: id });
  const note = el("p.outcome", { role: "status" }, text.loading);
  const back = el("a.button.quiet", { href: `/session/${id}`, onclick: follow }, text.back);
  const bar = el("div.paper-bar", {}, back, note, el("span.grow"), button(text.again, load), button(text.print, () => print(), "primary"));
  const paper = el("div.paper", { "data-state": "loading" });
  root.append(bar, paper);
  let isLoaded = false;
  const stop = afterSnapshot(() => isLoaded || load());
  if (viewNow().state.position !== null) load();

  async function load() {
    isLoaded = true;
    setText(note, text.loading);
    const { record, trouble } = await readRecord(id);
    note.dataset.state = trouble ? "failed" : "idle";
    setText(note, trouble ? say(text.failed, { detail: trouble }) : "");
    if (record === null) return;
    setPage({ session: id, last: record.session });
    paper.replaceChildren(...sheets(record, trouble));
    paper.dataset.state = trouble ? "incomplete" : "loaded";
  }

  return () => {
    stop();
    root.replaceChildren();
  };
}

/** {record, trouble}: all that is drawn, and in words what of it could not be read. */
async function readRecord(id) {
  const { now, zone, speed } = viewNow();
  const nowMs = Math.ceil(now);
  const answer = await get(`/sessions/${id}`);
  if (!answer.ok) return { record: null, trouble: answer.detail };
  const session = settle(null, answer.body, nowMs);
  const isOpen = !ENDED.includes(session.phase);
  const untilMs = isOpen ? nowMs : session.phase_since_ms;
  const entries = [];
  const [readings, journal, limits, model] = await Promise.all([
    readingsOf(id, session.created_at_ms, untilMs),
    readJournal(id, (page) => entries.push(...page)),
    get(`/sessions/${id}/limits-in-force`),
    get(`/sessions/${id}/effect-site`),
  ]);
  const failed = [readings, limits, model].find((one) => !one.ok);
  const known = Object.fromEntries(Object.entries(readings.tracks).map(([vital, points]) => [vital, filled(points, readings.thinGapMs)]));
  const events = recordEvents(session, entries, untilMs);
  const about = { session, tracks: (vital) => known[vital] ?? null, events, limits: limits.ok ? limits.body : [], model: model.ok ? drawnModel(model.body) : null };
  return { record: { ...about, entries, nowMs: untilMs, readMs: nowMs, isOpen, zone, speed, texts: words.record, labels: LABELS }, trouble: failed?.detail ?? journal };
}

function filled(points, thinGapMs) {
  const track = series(STREAM_POINTS);
  fill(track, points, thinGapMs);
  return track;
}

function sheets(record, trouble) {
  const windows = sheetsOf(record.session.created_at_ms, record.nowMs);
  const tables = [...cuffSheets(record, rateOf(record.tracks)), ...happenedSheets(record)];
  const about = { ...record, trouble, pages: windows.length + tables.length };
  const drawings = windows.map((window) => paintSvg(drawRecord({ ...record, window, size: SHEET_PX }).shapes, SHEET_PX, words.record.title));
  return [...drawings, ...tables].map((content, i) => recordSheet(about, content, i + 1));
}
