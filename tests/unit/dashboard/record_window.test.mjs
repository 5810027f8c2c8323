// Zoom and pan of the record.

import assert from "node:assert/strict";
import { test } from "node:test";

import { chosenRange, keyed, NARROWEST_MS, panned, within, zoomed } from "../../../dashboard/assets/live/record_window.mjs";
import { session, T0 } from "./frames.mjs";

const MINUTE = 60_000;
const at = (minute) => T0 + minute * MINUTE;
const whole = [at(-15), at(60)];

test("from start: five minutes before it, to a quarter of an hour past the planned end, so that the paper stands still", () => {
  const one = session("S-1");
  const [from, until] = chosenRange("start", one, at(3), at(-15));
  assert.deepEqual([from, Math.round((until - T0) / MINUTE)], [at(-5), 56]);
  assert.deepEqual(chosenRange("start", one, at(30), at(-15)), [from, until]);
  assert.ok(chosenRange("start", one, at(80), at(-15))[1] > at(80));
});

test("a window of minutes ends now, all begins at the first value, and none is narrower than ten minutes", () => {
  const one = session("S-1");
  assert.equal(chosenRange("30", one, at(50), null)[0], at(20));
  assert.equal(chosenRange("all", one, at(50), at(-40))[0], at(-40));
  assert.equal(chosenRange("all", one, at(50), null)[0], at(-15));
  const fresh = session("S-2", { created_at_ms: at(0), started_at_ms: null, phase: "baseline", phase_since_ms: at(0) });
  assert.ok(chosenRange("start", fresh, at(1), null)[1] - at(0) >= 10 * MINUTE);
});

test("zooming in and out again returns, and no zoom leaves what there is", () => {
  const range = [at(10), at(30)];
  const back = zoomed(zoomed(range, true, whole), false, whole);
  assert.deepEqual(back.map(Math.round), range);
  let [near, far] = [range, range];
  for (let i = 0; i < 20; i += 1) [near, far] = [zoomed(near, true, whole), zoomed(far, false, whole)];
  assert.equal(Math.round(near[1] - near[0]), NARROWEST_MS);
  assert.deepEqual(far, whole);
});

test("panning keeps the length and stops at the ends", () => {
  let range = [at(10), at(20)];
  for (let i = 0; i < 60; i += 1) {
    range = panned(range, i < 20 ? -1 : 1, whole);
    assert.equal(Math.round(range[1] - range[0]), 10 * MINUTE);
    assert.ok(range[0] >= whole[0] && range[1] <= whole[1]);
  }
  assert.equal(range[1], whole[1]);
  assert.deepEqual(within([at(-99), at(99)], whole), whole);
});

test("keys: + and - zoom, arrows move, 0 is live again, any other key is not ours", () => {
  const range = [at(10), at(20)];
  assert.deepEqual(keyed("+", range, whole), zoomed(range, true, whole));
  assert.deepEqual(keyed("-", range, whole), zoomed(range, false, whole));
  assert.deepEqual(keyed("ArrowLeft", range, whole), panned(range, -1, whole));
  assert.deepEqual(keyed("ArrowRight", range, whole), panned(range, 1, whole));
  assert.equal(keyed("0", range, whole), null);
  assert.equal(keyed("a", range, whole), undefined);
});
