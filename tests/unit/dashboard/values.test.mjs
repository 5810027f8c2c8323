import assert from "node:assert/strict";
import { test } from "node:test";

import { lookOf, pressureLook, rateVital } from "../../../dashboard/assets/live/values.mjs";
import { T0, vital } from "./frames.mjs";

const born = (name, value, changes = {}) => ({ ...vital(name, value, changes), born_ms: T0 });
const CUFF = { current_for_ms: 300_000, gone_after_ms: 450_000 };
const live = { isCuff: false, isLive: true };

test("a stream is current up to its budget and shows dashes one millisecond later, with its last value and age", () => {
  const spo2 = born("spo2", 97);
  assert.equal(lookOf(spo2, T0 + 5_000, live).look, "current");
  assert.deepEqual(lookOf(spo2, T0 + 5_001, live), { look: "lost", value: null, last: 97, ageMs: 5_001, isQuestionable: false, reason: "none" });
});

test("a cuff value greys past one interval and is struck past one and a half", () => {
  const sbp = born("systolic_bp", 124, CUFF);
  const looks = [300_000, 300_001, 450_000, 450_001].map((age) => lookOf(sbp, T0 + age, { isCuff: true, isLive: true }).look);
  assert.deepEqual(looks, ["current", "aged", "aged", "lost"]);
});

test("nothing looks current while the feed is not live, however young", () => {
  assert.equal(lookOf(born("spo2", 97), T0, { isCuff: false, isLive: false }).look, "lost");
  assert.equal(lookOf(born("systolic_bp", 124, CUFF), T0, { isCuff: true, isLive: false }).look, "aged");
});

test("no value and an invalid value are dashes, and no number is kept of them", () => {
  for (const broken of [born("spo2", null), born("spo2", 400, { validity: "invalid", reason: "out_of_range" })]) {
    const seen = lookOf(broken, T0, live);
    assert.deepEqual([seen.look, seen.value, seen.last], ["lost", null, null]);
  }
  assert.equal(lookOf(undefined, T0, live).look, "none");
});

test("a questionable value is shown and marked", () => {
  const seen = lookOf(born("spo2", 69, { validity: "questionable", reason: "uncalibrated" }), T0, live);
  assert.deepEqual([seen.value, seen.isQuestionable, seen.reason], [69, true, "uncalibrated"]);
});

test("a monitor clock that runs sixty times as fast does not make a value of the last frame old", () => {
  assert.equal(lookOf(born("spo2", 97), T0 + 60_000, { ...live, speed: 60 }).look, "current");
  assert.equal(lookOf(born("spo2", 97), T0 + 65_000, { ...live, speed: 60 }).look, "lost");
});

test("a pressure is as good as the worse of its two values", () => {
  const vitals = { systolic_bp: { ...born("systolic_bp", 124, CUFF) }, diastolic_bp: { ...born("diastolic_bp", 78, CUFF), born_ms: T0 - 200_000 } };
  const seen = pressureLook(vitals, T0 + 150_000, { isLive: true });
  assert.equal(seen.look, "aged");
  assert.deepEqual(seen.value, [124, 78]);
  assert.equal(pressureLook({ systolic_bp: vitals.systolic_bp }, T0, { isLive: true }).value, null);
});

test("pulse rate stands in for heart rate and says so", () => {
  const pulse = born("pulse_rate", 71);
  assert.equal(rateVital({ heart_rate: born("heart_rate", 70), pulse_rate: pulse }, T0, live).vital, "heart_rate");
  assert.equal(rateVital({ heart_rate: { ...born("heart_rate", 70), born_ms: T0 - 9_000 }, pulse_rate: pulse }, T0, live).vital, "pulse_rate");
  assert.equal(rateVital({ pulse_rate: pulse }, T0 + 60_000, live).vital, "pulse_rate");
  assert.equal(rateVital({}, T0, live).look.look, "none");
});
