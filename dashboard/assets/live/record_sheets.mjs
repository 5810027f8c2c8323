// How a record is laid on sheets of paper, and the tables that stand beside the drawing. Pure.

import { MARK } from "./history.mjs";
import { MINUTE_MS } from "./record_layout.mjs";

const QUARTER_MS = 15 * MINUTE_MS;
const SHEET_MS = 120 * MINUTE_MS;
export const SHEET_PX = { width: 1_050, height: 545 };

/** Windows of at most two hours, on quarters of an hour, each as long as the others: [[from, until], ...]. */
export function sheetsOf(fromMs, untilMs) {
  const first = Math.floor(fromMs / QUARTER_MS) * QUARTER_MS;
  const span = Math.max(QUARTER_MS * 4, Math.ceil((untilMs - first) / QUARTER_MS) * QUARTER_MS);
  const count = Math.ceil(span / SHEET_MS);
  const length = Math.ceil(span / count / QUARTER_MS) * QUARTER_MS;
  return Array.from({ length: count }, (_, i) => [first + i * length, first + (i + 1) * length]);
}

/** Every cuff value with what was measured beside it: [{atMs, systolic, diastolic, mean, rate, spo2, breathing, mark}]; null where there is none near. */
export function cuffTable(tracks, rateVital) {
  const [sys, dia, map] = ["systolic_bp", "diastolic_bp", "mean_bp"].map(tracks);
  if (!sys || !dia) return [];
  const at = (track, ms) => (track ? (track.value[track.at.indexOf(ms)] ?? null) : null);
  return sys.at.flatMap((ms, i) => {
    const diastolic = at(dia, ms);
    if (sys.value[i] === null || diastolic === null) return [];
    return [{ atMs: ms, systolic: sys.value[i], diastolic, mean: at(map, ms), rate: near(tracks(rateVital), ms), spo2: near(tracks("spo2"), ms), breathing: near(tracks("respiratory_rate"), ms), mark: sys.mark[i] === MARK.late ? "late" : sys.mark[i] === MARK.questionable ? "questionable" : null }];
  });
}

const NEAR_MS = 30_000;

/** The value nearest to an instant, not farther than half a minute. */
function near(track, ms) {
  let best = null;
  for (let i = 0; i < (track?.at.length ?? 0); i += 1) {
    const away = Math.abs(track.at[i] - ms);
    if (track.value[i] !== null && away <= NEAR_MS && (best === null || away < best.away)) best = { away, value: track.value[i] };
  }
  return best?.value ?? null;
}

const TOLD = ["phase_ordered", "rate_set", "bolus_given", "note_added", "observation_charted", "alert_acknowledged", "baseline_set", "gates_judged", "device_joined", "device_left", "device_announced", "limit_changed", "monitor_restarted", "audio_paused", "audio_resumed"];

/** Entries that paper tells, in order: what people did, what devices said, and of each alert its raisings and its end. */
export function toldOf(entries) {
  const isTold = (entry) => TOLD.includes(entry.kind) || (entry.step && ["active", "latched", "resolved"].includes(entry.step.state) && !["unseen", "escalated", "reminded"].includes(entry.step.why));
  return entries.filter(isTold).sort((a, b) => a.seq - b.seq);
}
