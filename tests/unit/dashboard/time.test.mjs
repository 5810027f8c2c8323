import assert from "node:assert/strict";
import { test } from "node:test";

import { feedState, SILENT_AFTER_MS, sleepWatch } from "../../../dashboard/assets/live/age.mjs";
import { heardClock, monitorNow, startClock, WINDOW_MS } from "../../../dashboard/assets/live/clock.mjs";
import { calmClock } from "../../../dashboard/assets/live/format.mjs";
import { fill, gapFor, gapsOf, MARK, pointsOf, push, series, withGaps } from "../../../dashboard/assets/live/history.mjs";
import { waitBefore } from "../../../dashboard/assets/live/stream.mjs";
import { hello, T0 } from "./frames.mjs";

test("the least delayed frame sets the clock; a late one never sets it back", () => {
  let clock = startClock(hello(), 1_000); // came 400 ms late, as the next frame shows
  clock = heardClock(clock, T0 + 1_400, 2_000);
  assert.equal(monitorNow(clock, 2_000), T0 + 1_400);
  clock = heardClock(clock, T0 + 2_000, 9_000);
  assert.equal(monitorNow(clock, 9_000), T0 + 8_400);
});

test("a browser whose clock runs fast is set right again within two windows", () => {
  let clock = startClock(hello(), 0);
  for (let s = 1; s <= 300; s += 1) clock = heardClock(clock, T0 + s * 1_000, s * 1_001); // 1 ms a second too fast
  assert.ok(monitorNow(clock, 300_300) - (T0 + 300_000) <= (2 * WINDOW_MS) / 1_000 + 2);
});

test("monitor time runs as fast as the monitor says", () => {
  assert.equal(monitorNow(startClock(hello({ clock_speed: 60 }), 500), 1_500), T0 + 60_000);
});

test("live is earned by a snapshot and lost by three silent seconds", () => {
  const state = (changes) => feedState({ hasSnapshot: true, heardAt: 0, sleptAt: null, fault: null, at: 0, ...changes });
  assert.equal(state({ hasSnapshot: false }), "connecting");
  assert.equal(state({ at: SILENT_AFTER_MS }), "live");
  assert.equal(state({ at: SILENT_AFTER_MS + 1 }), "stale");
  assert.equal(state({ sleptAt: 5 }), "stale");
  assert.equal(state({ sleptAt: 5, heardAt: 6 }), "live");
  assert.equal(state({ fault: { detail: "x" } }), "fault");
});

test("a machine that slept is noticed although performance.now() stood still", () => {
  const hasSlept = sleepWatch(0, 1_000_000);
  assert.deepEqual([hasSlept(250, 1_000_250), hasSlept(500, 1_600_500), hasSlept(750, 1_600_750)], [false, true, false]);
});

test("the wait between tries doubles to five seconds, with jitter, for ever", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 50].map((attempt) => waitBefore(attempt, 0.5)), [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  assert.deepEqual([waitBefore(9, 0), waitBefore(9, 0.999)].map(Math.round), [2_500, 7_495]);
});

test("a gap is never bridged", () => {
  const track = series(10);
  for (const [at, value] of [[0, 1], [1_000, 2], [60_000, 3]]) push(track, at, value);
  assert.deepEqual(withGaps(track, 10_000), { at: [0, 1_000, 1_001, 60_000], value: [1, 2, null, 3] });
});

test("a series keeps its newest points, in about its bound", () => {
  const track = series(100);
  for (let i = 0; i < 10_000; i += 1) push(track, i, i);
  assert.ok(track.at.length >= 100 && track.at.length <= 110, `${track.at.length}`);
  assert.equal(track.at.at(-1), 9_999);
  assert.deepEqual(track.value, track.at);
});

test("a point that is not newer is left out", () => {
  const track = series(10);
  assert.deepEqual([push(track, 5, 1), push(track, 5, 2), push(track, 4, 3)], [true, false, false]);
  assert.deepEqual(track.value, [1]);
});

test("recorded history goes under the live points, each point once, late ones where they were measured", () => {
  const track = series(10);
  push(track, 3_000, 3);
  push(track, 4_000, 4);
  fill(track, [[3_000, 3, MARK.plain], [1_000, 1, MARK.plain], [2_000, 2, MARK.late]], 0);
  assert.deepEqual(track.at, [1_000, 2_000, 3_000, 4_000]);
  assert.deepEqual(track.mark, [MARK.plain, MARK.late, MARK.plain, MARK.plain]);
});

test("thinned history has no gap between its points, live values right after it have", () => {
  const track = series(10);
  push(track, 50_000, 3);
  push(track, 70_000, 4);
  fill(track, [[0, 1, MARK.plain], [20_000, 2, MARK.plain]], 30_000);
  assert.deepEqual(withGaps(track, 10_000).value, [1, 2, null, 3, null, 4]);
});

test("a device that measures once a minute has no gap between two of its values", () => {
  assert.equal(gapFor({ vitals: { spo2: { current_for_ms: 300_000 } } }, "spo2"), 300_000);
  assert.equal(gapFor({ vitals: { spo2: { current_for_ms: 5_000 } } }, "spo2"), 10_000);
  assert.equal(gapFor({ vitals: {} }, "spo2"), 10_000);
});

test("a late reading stands where it was measured, hollow; an invalid one is a gap", () => {
  const columns = { at_ms: [10, 20, 30], measured_at_ms: [9, 5, 29], value: [1, 2, 3], validity: ["questionable", "valid", "invalid"], reason: ["jump", "late", "out_of_range"] };
  assert.deepEqual(pointsOf(columns), [[10, 1, MARK.questionable], [5, 2, MARK.late], [30, null, MARK.plain]]);
});

test("a gap lies between two usable values, or between the last one and now; thinned history has none within its own width", () => {
  const track = { ...series(10), at: [0, 1_000, 2_000, 30_000, 31_000], value: [70, null, 71, 72, null], mark: [0, 0, 0, 0, 0] };
  assert.deepEqual(gapsOf(track, 10_000), [{ fromMs: 2_000, untilMs: 30_000 }]);
  assert.deepEqual(gapsOf(track, 10_000, 40_001), [{ fromMs: 2_000, untilMs: 30_000 }, { fromMs: 30_000, untilMs: 40_001 }]);
  assert.deepEqual(gapsOf(track, 10_000, 40_000), [{ fromMs: 2_000, untilMs: 30_000 }]);
  assert.deepEqual(gapsOf({ ...track, thinUntil: 30_000, thinGapMs: 28_000 }, 10_000), []);
  assert.deepEqual(gapsOf(series(10), 10_000, 99_000), []);
});

test("a countdown on a tile changes every ten seconds, in its last two minutes every second, and never tells more than is left", () => {
  const told = Array.from({ length: 600 }, (_, s) => calmClock(s * 1_000 + 999));
  for (const [s, text] of told.entries()) {
    const [m, rest] = text.split(":").map(Number);
    assert.ok(m * 60 + rest <= s && m * 60 + rest > s - 10);
  }
  assert.equal(new Set(told.slice(0, 120)).size, 120);
  assert.equal(new Set(told.slice(120)).size, 48);
});
