import assert from "node:assert/strict";
import { test } from "node:test";

import { cuffDueIn, dose, fromBaseline, infusionBands, phaseOf, phaseRuns, phaseSince, plannedRate } from "../../../dashboard/assets/live/course.mjs";
import { age, clock, hourMinute, mg, number, rate, readable, signed, timeOfDay } from "../../../dashboard/assets/live/format.mjs";
import { session, T0 } from "./frames.mjs";

const MINUTE = 60_000;

test("the dose counts up with the recorded rate while infusing, and stands still in every other phase", () => {
  const later = T0 + 10 * MINUTE;
  const running = dose(session("S-1", { given_ug: 7_000 }), later);
  assert.equal(running.givenUg, 15_750);
  assert.equal(running.perKg, 0.225);
  assert.equal(running.toGoUg, 19_250);
  assert.equal(running.fraction, 0.45);
  for (const phase of ["planned", "baseline", "paused", "recovery", "closed"]) assert.equal(dose(session("S-1", { phase, given_ug: 7_000 }), later).givenUg, 7_000);
});

test("the bar is full at most, and a session without an infusion has none", () => {
  assert.equal(dose(session("S-1", { given_ug: 50_000 }), T0).fraction, 1);
  const watched = dose(session("S-1", { order: { dose_ug: 0, duration_ms: 0, treatment: "none" } }), T0);
  assert.deepEqual([watched.isOrdered, watched.fraction], [false, 0]);
});

test("the planned rate is the ordered dose over the ordered time", () => {
  assert.equal(plannedRate({ dose_ug: 35_000, duration_ms: 40 * MINUTE }), 875);
  assert.equal(plannedRate({ dose_ug: 0, duration_ms: 0 }), 0);
});

test("the next cuff is due one interval after the last value, and then overdue", () => {
  const one = session("S-1", { vitals: { systolic_bp: { born_ms: T0 } } });
  assert.equal(cuffDueIn(one, T0 + 100_000), 200_000);
  assert.equal(cuffDueIn(one, T0 + 310_000), -10_000);
  assert.equal(cuffDueIn(session("S-1", { vitals: {} }), T0), null);
});

test("the distance from the baseline is a difference and a percentage", () => {
  const one = session("S-1", { baselines: [{ vital: "systolic_bp", count: 3, value_milli: 125_000 }] });
  assert.deepEqual(fromBaseline(one, "systolic_bp", 184), { change: 59, percent: 47, baseline: 125 });
  assert.equal(fromBaseline(one, "spo2", 97), null);
  assert.equal(fromBaseline(one, "systolic_bp", null), null);
});

test("the clock of a phase runs from the start, the stop or the step itself", () => {
  const one = session("S-1", { started_at_ms: T0, stopped_at_ms: T0 + 5, phase_since_ms: T0 + 9 });
  assert.equal(phaseSince({ ...one, phase: "infusing" }), T0);
  assert.equal(phaseSince({ ...one, phase: "recovery" }), T0 + 5);
  assert.equal(phaseSince({ ...one, phase: "paused" }), T0 + 9);
});

const ordered = (minute, phase) => ({ kind: "phase_ordered", at_ms: T0 + minute * MINUTE, text: `${phase} ordered by vega` });

test("drug is drawn while it ran: start, pause, resume, stop from the journal", () => {
  const journal = [ordered(-5, "baseline"), ordered(0, "infusing"), ordered(10, "paused"), ordered(12, "infusing"), ordered(42, "recovery")];
  const { bands, lines } = infusionBands(session("S-1", { phase: "recovery", stopped_at_ms: T0 + 42 * MINUTE }), journal, T0 + 60 * MINUTE);
  assert.deepEqual(lines.map((line) => line.what), ["start", "pause", "resume", "stop"]);
  assert.deepEqual(bands.map((band) => [(band.fromMs - T0) / MINUTE, (band.untilMs - T0) / MINUTE, band.isPaused]), [[0, 10, false], [10, 12, true], [12, 42, false]]);
});

test("without a journal the session's own times are drawn, up to now", () => {
  const { bands } = infusionBands(session("S-1"), [], T0 + 3 * MINUTE);
  assert.deepEqual(bands, [{ fromMs: T0, isPaused: false, untilMs: T0 + 3 * MINUTE }]);
  const paused = infusionBands(session("S-1", { phase: "paused", phase_since_ms: T0 + 2 * MINUTE }), [], T0 + 3 * MINUTE);
  assert.deepEqual(paused.bands.map((band) => band.isPaused), [false, true]);
  assert.deepEqual(infusionBands(session("S-1", { started_at_ms: null, phase: "baseline" }), [], T0).bands, []);
});

test("a phase is taken from the entry's own field, else from its words, and from no other kind of entry", () => {
  assert.equal(phaseOf({ kind: "phase_ordered", phase: "paused", text: "x" }), "paused");
  assert.equal(phaseOf(ordered(0, "infusing")), "infusing");
  assert.equal(phaseOf({ kind: "note_added", text: "infusing well" }), null);
});

test("numbers and times as text", () => {
  assert.deepEqual([number(85), number(97.5), number(96.96), signed(47), signed(-3), signed(0)], ["85", "97.5", "97", "+47", "\u22123", "±0"]);
  assert.deepEqual([mg(21_249), rate(875), rate(12_500)], ["21.2", "0.875", "12.5"]);
  assert.deepEqual([clock(7_900), clock(1_452_000), clock(3_849_000), clock(-5)], ["0:07", "24:12", "1:04:09", "0:00"]);
  assert.deepEqual([age(12_400), age(151_000), age(3_840_000)], ["12 s", "2:31 min", "1 h 04 min"]);
  assert.deepEqual([timeOfDay(T0, "Europe/Madrid"), timeOfDay(T0, "UTC"), hourMinute(T0, "Asia/Kolkata")], ["10:41:07", "09:41:07", "15:11"]);
  assert.equal(readable("SBP 184 >= 180"), "SBP 184 ≥ 180");
});

test("the clocks of all rooms step together, whenever in its second each began", () => {
  const whole = Math.floor(T0 / 1000) * 1000;
  for (const began of [0, 1, 499, 999]) {
    const room = session("S-1", { started_at_ms: whole + began });
    assert.deepEqual([whole + 6_999, whole + 7_000].map((at) => phaseRuns(room, at)), [6_000, 7_000]);
  }
});
