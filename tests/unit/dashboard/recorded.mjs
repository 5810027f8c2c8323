// One recorded session for the tests of the record: 30 minutes of it, made of plain arithmetic, with everything that can be drawn.

import { readFileSync } from "node:fs";

import { MARK } from "../../../dashboard/assets/live/history.mjs";
import { recordEvents } from "../../../dashboard/assets/live/record_events.mjs";
import { session, T0, vital } from "./frames.mjs";

export const MINUTE = 60_000;
export const texts = JSON.parse(readFileSync(new URL("../../../dashboard/words.json", import.meta.url))).record;
export const labels = { heart_rate: "HR", pulse_rate: "PR", systolic_bp: "SBP", diastolic_bp: "DBP", mean_bp: "MAP", spo2: "SpO2", respiratory_rate: "RR", etco2: "EtCO2" };

/** A series of [minute, value, mark] points. */
export const trackOf = (points) => ({ limit: 14_400, at: points.map(([minute]) => T0 + Math.round(minute * MINUTE)), value: points.map(([, value]) => value), mark: points.map(([, , mark]) => mark ?? MARK.plain), thinUntil: -Infinity, thinGapMs: 0 });

const every = (step, from, until, value) => Array.from({ length: Math.floor((until - from) / step) + 1 }, (_, i) => [from + i * step, value(from + i * step)]);

/** Heart rate every 10 s with nothing from minute 12 to 14; three late points in it; one questionable. SpO2 and breathing every 20 s. Cuffs every 5 min. */
export function recordedTracks() {
  const heart = every(1 / 6, -10, 20, (m) => 70 + Math.max(0, m) + (Math.round(m * 6) % 3)).filter(([m]) => m <= 12 || m >= 14);
  const late = [12.5, 12.75, 13].map((m) => [m, 84, MARK.late]);
  const all = [...heart, ...late].sort((a, b) => a[0] - b[0]).map((point) => (Math.abs(point[0] - 5) < 0.01 ? [point[0], 140, MARK.questionable] : point));
  const cuffs = [[-9, 122, 76], [-4, 124, 78], [1, 131, 82], [6, 149, 92], [11, 168, 101], [16, 184, 108]];
  const cuff = (place) => trackOf(cuffs.map((row) => [row[0], row[place], row[0] === 16 ? MARK.questionable : MARK.plain]));
  const tracks = {
    heart_rate: trackOf(all),
    systolic_bp: cuff(1),
    diastolic_bp: cuff(2),
    mean_bp: trackOf(cuffs.map(([m, s, d]) => [m, Math.round((s + 2 * d) / 3)])),
    spo2: trackOf(every(1 / 3, -10, 20, (m) => 98 - (Math.round(m * 3) % 2))),
    respiratory_rate: trackOf(every(1 / 3, -10, 20, (m) => 14 + (Math.round(m) % 3))),
    etco2: trackOf(every(1 / 3, -10, 20, () => 38)),
  };
  return (name) => tracks[name] ?? null;
}

const entry = (seq, minute, kind, text, fields = {}) => ({ session: "S-000001", seq, at_ms: T0 + minute * MINUTE, kind, text, ...fields });
const step = (priority, state, kind = "physiological") => ({ kind, priority, state, title: "Hypertension", why: "onset_passed" });

export const journal = [
  entry(1, -10, "phase_ordered", "baseline ordered by vega", { phase: "baseline" }),
  entry(2, 0, "phase_ordered", "infusing ordered by vega", { phase: "infusing" }),
  entry(3, 2, "bolus_given", "Bolus 5 mg recorded by vega", { amount_ug: 5_000 }),
  entry(4, 8, "rate_set", "Rate 0.5 mg/min set by vega", { rate_ug_per_min: 500 }),
  entry(5, 9, "note_added", "vega: sleepy, answers", {}),
  entry(6, 10, "phase_ordered", "paused ordered by vega", { phase: "paused" }),
  entry(7, 11, "alert_changed", "BP-M1.1 Hypertension raised: SBP 168 >= 160", { alert: "BP-M1.1", step: step("medium", "active") }),
  entry(8, 12, "phase_ordered", "infusing ordered by vega", { phase: "infusing" }),
  entry(9, 12.5, "alert_changed", "TEC-M1.1 No data raised", { alert: "TEC-M1.1", step: step("medium", "active", "technical") }),
  entry(10, 13, "alert_changed", "BP-M1.1 Hypertension acknowledged", { alert: "BP-M1.1", step: step("medium", "acknowledged") }),
  entry(11, 14, "alert_changed", "TEC-M1.1 No data condition ended", { alert: "TEC-M1.1", step: step("medium", "resolved", "technical") }),
  entry(12, 16, "alert_changed", "BP-H1.1 Severe hypertension raised: SBP 184 >= 180", { alert: "BP-H1.1", step: step("high", "active") }),
  entry(13, 17, "observation_charted", "MOAA/S 4 charted by vega", {}),
  entry(14, 18, "alert_changed", "BP-H1.1 Severe hypertension condition ended", { alert: "BP-H1.1", step: step("high", "latched") }),
];

export const limits = [
  { rule: "BP-H1", priority: "high", vital: "systolic_bp", direction: "high", limit: 180, ordinary: 180 },
  { rule: "BP-M1", priority: "medium", vital: "systolic_bp", direction: "high", limit: 160, ordinary: 160 },
  { rule: "HR-H2", priority: "high", vital: "heart_rate", direction: "low", limit: 45, ordinary: 40 },
  { rule: "OX-H2", priority: "high", vital: "spo2", direction: "low", limit: 90, ordinary: 90 },
];

export const recorded = session("S-000001", {
  baselines: [{ vital: "systolic_bp", count: 2, value_milli: 123_000 }, { vital: "heart_rate", count: 60, value_milli: 70_500 }, { vital: "spo2", count: 60, value_milli: 97_500 }],
  vitals: { heart_rate: vital("heart_rate", 90), spo2: vital("spo2", 97) },
  started_at_ms: T0,
});

const ng = (minute) => Math.round(225 * (1 - Math.exp(-minute / 11)));
export const model = { points: Array.from({ length: 41 }, (_, i) => ({ at_ms: T0 + i * MINUTE, ng_per_ml: ng(i) })), peak: { from_ms: T0 + 30 * MINUTE, until_ms: T0 + 42 * MINUTE } };

/** What `drawRecord` is given, at minute 20 in a window of 15 minutes before to 45 after the start; `changes` replace parts of it. */
export function record(changes = {}) {
  const nowMs = T0 + 20 * MINUTE;
  const one = changes.session ?? recorded;
  return { session: one, tracks: recordedTracks(), events: recordEvents(one, journal, nowMs), limits, model, window: [T0 - 15 * MINUTE, T0 + 45 * MINUTE], nowMs, isOpen: true, size: { width: 900, height: 600 }, zone: "UTC", texts, labels, ...changes };
}
