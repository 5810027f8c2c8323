import assert from "node:assert/strict";
import { test } from "node:test";

import { nextPartIn } from "../../../dashboard/assets/live/course.mjs";
import { dueList, nextDue } from "../../../dashboard/assets/live/due.mjs";
import { session, T0 } from "./frames.mjs";

const MINUTE = 60_000;
const CHECKS = [{ rule: "SED-L1", sign: "sedation", every_ms: 10 * MINUTE, phases: ["infusing"] }];
const ROWS = [
  { what: "dissociation", phases: ["infusing", "recovery"], treatments: [], indications: [], every_min: null, at_min: 40 },
  { what: "pain", phases: ["infusing"], treatments: [], indications: ["pain_low"], every_min: 30, at_min: null },
  { what: "systolic_bp", phases: ["recovery"], treatments: ["esketamine_nasal"], indications: [], every_min: 15, at_min: null },
];
const charted = (sign, at_ms) => ({ at_ms, by: "vega", sign, value: 0 });
const at = (minutes, more = {}) => dueList(session("S-1", { first_dose_at_ms: T0, ...more }), ROWS, CHECKS, T0 + minutes * MINUTE);

test("the soonest stands first; what is past its time is overdue", () => {
  assert.deepEqual(at(4), [{ what: "sedation", dueInMs: 6 * MINUTE }, { what: "dissociation", dueInMs: 36 * MINUTE }]);
  assert.deepEqual(at(13)[0], { what: "sedation", dueInMs: -3 * MINUTE });
});

test("charting it moves it on, and what is due once is done once", () => {
  assert.equal(at(13, { observations: [charted("sedation", T0 + 12 * MINUTE)] })[0].dueInMs, 9 * MINUTE);
  const done = { observations: [charted("dissociation", T0 + 36 * MINUTE)] };
  assert.equal(at(37, done).some((one) => one.what === "dissociation"), false);
  const tooEarly = { observations: [charted("dissociation", T0 + 20 * MINUTE)] };
  assert.equal(at(37, tooEarly).find((one) => one.what === "dissociation").dueInMs, 3 * MINUTE);
});

test("a row is for its phases, its treatments and its indications", () => {
  assert.equal(at(4).some((one) => one.what === "pain"), false);
  assert.equal(at(4, { indication: "pain_low" }).some((one) => one.what === "pain"), true);
  const nasal = { phase: "recovery", order: { treatment: "esketamine_nasal", dose_ug: 56_000, duration_ms: 0 }, vitals: { systolic_bp: { value: 130, born_ms: T0 } } };
  assert.deepEqual(at(20, nasal)[0], { what: "systolic_bp", dueInMs: -5 * MINUTE });
  assert.equal(at(20, { phase: "recovery" }).some((one) => one.what === "systolic_bp"), false);
});

test("before the first dose nothing is due", () => {
  assert.deepEqual(at(4, { first_dose_at_ms: null }), []);
  assert.equal(nextDue(session("S-1", { first_dose_at_ms: null }), ROWS, CHECKS, T0), null);
});

test("the next nasal device waits five minutes, and after the last there is none", () => {
  const preset = { part_mg: 28, parts_every_min: 5 };
  const nasal = (more) => session("S-1", { order: { treatment: "esketamine_nasal", dose_ug: 56_000, duration_ms: 0 }, ...more });
  assert.equal(nextPartIn(nasal({ given_ug: 0, last_dose_at_ms: null }), preset, T0), 0);
  assert.equal(nextPartIn(nasal({ given_ug: 28_000, last_dose_at_ms: T0 }), preset, T0 + MINUTE), 4 * MINUTE);
  assert.equal(nextPartIn(nasal({ given_ug: 56_000, last_dose_at_ms: T0 }), preset, T0 + MINUTE), null);
  assert.equal(nextPartIn(nasal({ given_ug: 0 }), null, T0), null);
});
