// Recorded readings under the live ones: when a page opens, after each snapshot (values may have been missed before it), and again when a
// silent device is back, because what it kept comes late and is history, never "now".

import { fillHistory, trackOf, view as viewNow } from "./feed.mjs";
import { gapFor, pointsOf, STREAM_POINTS } from "./history.mjs";
import { awaited, get } from "./rest.mjs";

export const DRAWN = ["heart_rate", "pulse_rate", "systolic_bp", "diastolic_bp", "mean_bp", "spo2", "respiratory_rate", "etco2"];
const STREAMS = ["heart_rate", "pulse_rate", "spo2", "respiratory_rate"];
const HISTORY_MS = 14_400_000; // of a session that goes on; one that has ended is read whole
const ENDED = ["closed", "aborted"];
const AFTER_RETURN_MS = [10_000, 60_000]; // a device empties what it kept within seconds, or within a minute if it is much

/** {ok, detail, tracks: {vital: points}, thinGapMs} of a span of a session. */
export async function readingsOf(id, sinceMs, untilMs) {
  const answer = await get(`/sessions/${id}/readings?vitals=${DRAWN.join(",")}&since_ms=${sinceMs}&until_ms=${untilMs}&max_points=${STREAM_POINTS}`);
  return { ok: answer.ok, detail: answer.detail, tracks: answer.ok ? tracksOf(answer.body) : {}, thinGapMs: thinGap(untilMs - sinceMs, STREAM_POINTS) };
}

const tracksOf = (body) => Object.fromEntries(Object.entries(body).map(([vital, columns]) => [vital, pointsOf(columns)]));
const thinGap = (spanMs, points) => (8 * spanMs) / points; // two points a bucket, wherever they lie in it

/** What boot.js asked for, whole and coarse: the first drawing need not wait for the fine one. Once, and only for its session. */
async function fillEarly(session) {
  const early = window.infusion?.history;
  if (early?.session !== session.id) return;
  window.infusion.history = null;
  const columns = await awaited(early.columns);
  if (columns !== null) fillHistory(session.id, tracksOf(columns), thinGap(viewNow().now - session.created_at_ms, early.points));
}

/** {load(session), put(session, view)}. `told(state, detail)`: "loading", "loaded" or "failed". */
export function recordHistory(id, told) {
  const silent = new Set();
  let due = []; // when to load again, by performance.now()
  async function load(session) {
    const isOver = ENDED.includes(session.phase);
    const until = isOver ? session.phase_since_ms : Math.ceil(viewNow().now);
    const since = isOver ? session.created_at_ms : Math.max(session.created_at_ms, until - HISTORY_MS);
    told("loading", "");
    await fillEarly(session);
    told("loading", ""); // there may be something to draw
    const { ok, detail, tracks, thinGapMs } = await readingsOf(id, since, until);
    if (ok) fillHistory(id, tracks, thinGapMs);
    told(ok ? "loaded" : "failed", detail);
  }
  return {
    load,
    put(session, view) {
      for (const vital of STREAMS) {
        const last = trackOf(id, vital)?.at.at(-1);
        if (last === undefined) continue;
        if (view.heldNow - last > gapFor(session, vital)) silent.add(vital);
        else if (silent.delete(vital)) due.push(...AFTER_RETURN_MS.map((ms) => view.at + ms));
      }
      if (!due.some((at) => at <= view.at)) return;
      due = due.filter((at) => at > view.at);
      load(session);
    },
  };
}
