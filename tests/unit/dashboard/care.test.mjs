import assert from "node:assert/strict";
import { test } from "node:test";

import { byEffect, checkDue, faultyItems, gatesBefore, isLooser, observed, wholeNumber } from "../../../dashboard/assets/live/care.mjs";
import { LONGEST_S, pauseOf, resumedOf, TOLD_FOR_MS } from "../../../dashboard/assets/live/pause.mjs";
import { session, T0 } from "./frames.mjs";

const MINUTE = 60_000;
const CHECKS = [{ rule: "SED-L1", sign: "sedation", every_ms: 10 * MINUTE, phases: ["infusing"] }];
const sedation = (at_ms, value = 5) => ({ at_ms, by: "vega", sign: "sedation", value });

test("the next response check counts from the last one, and from the start before there is one", () => {
  const now = T0 + 12 * MINUTE;
  assert.deepEqual(checkDue(session("S-1"), CHECKS, now), { dueInMs: -2 * MINUTE, isFirst: true });
  assert.deepEqual(checkDue(session("S-1", { observations: [sedation(T0 + 7 * MINUTE)] }), CHECKS, now), { dueInMs: 5 * MINUTE, isFirst: false });
  assert.deepEqual(checkDue(session("S-1", { observations: [sedation(T0 - MINUTE)] }), CHECKS, now).dueInMs, -2 * MINUTE, "before the start");
});

test("where the rules ask for no check there is none", () => {
  assert.equal(checkDue(session("S-1", { phase: "recovery" }), CHECKS, T0), null);
  assert.equal(checkDue(session("S-1"), [], T0), null);
});

test("what stands is found by its sign", () => {
  assert.equal(observed(session("S-1", { observations: [sedation(T0, 4)] }), "sedation").value, 4);
  assert.equal(observed(session("S-1"), "sedation"), null);
  assert.equal(observed(session("S-1", { observations: undefined }), "sedation"), null);
});

test("gates stand before the start and the discharge of an infusion, and nowhere else", () => {
  const before = (phase, treatment = "ketamine_iv") => gatesBefore(session("S-1", { phase, order: { dose_ug: 1, duration_ms: 1, treatment } }));
  assert.deepEqual(["planned", "baseline", "infusing", "paused", "recovery", "closed"].map((phase) => before(phase)), ["start", "start", null, null, "discharge", null]);
  assert.equal(before("baseline", "none"), null);
});

test("a finding of an effect that is not known closes", () => {
  const found = byEffect([{ effect: "caution" }, { effect: "hard" }, { effect: "override" }, { effect: "new" }]);
  assert.deepEqual([found.hard.length, found.override.length, found.caution.length], [2, 1, 1]);
});

test("a number is whole and in its range, or it is none", () => {
  const range = { low: -5, high: 4 };
  assert.deepEqual(["-5", " 4 ", "+1", "0"].map((text) => wholeNumber(text, range)), [-5, 4, 1, 0]);
  assert.deepEqual(["", " ", "5", "-6", "1.5", "1e1", "x", "--1", "0x1", "9999"].map((text) => wholeNumber(text, range)), Array(10).fill(null));
});

test("looser is away from the patient's side of the limit", () => {
  assert.equal(isLooser({ direction: "high", limit: 180 }, 181), true);
  assert.equal(isLooser({ direction: "high", limit: 180 }, 179), false);
  assert.equal(isLooser({ direction: "low", limit: 90 }, 88), true);
  assert.equal(isLooser({ direction: "low", limit: 90 }, 92), false);
});

test("the items an answer finds fault with are named by their place", () => {
  const answer = { body: { errors: [{ where: "body.items.2" }, { where: "body.items.0.value" }, { where: "body.note" }] } };
  assert.deepEqual([...faultyItems(answer)].sort(), [0, 2]);
  assert.equal(faultyItems({ body: null }).size, 0);
});

test("a pause counts down and is over at its time, whether or not the monitor has said so yet", () => {
  const paused = session("S-1", { audio_paused_until_ms: T0 + LONGEST_S * 1000, audio_paused_by: "vega" });
  assert.deepEqual(pauseOf(paused, T0), { leftMs: 120_000, by: "vega" });
  assert.equal(pauseOf(paused, T0 + 120_000), null);
  assert.equal(pauseOf(session("S-1"), T0), null);
  assert.equal(pauseOf(paused, null), null);
});

test("that the sound is back is told for half a minute, with why, unless it rests again", () => {
  const entry = (kind, at_ms) => ({ kind, at_ms, text: `${kind} ${at_ms - T0}`, seq: at_ms });
  const broken = [entry("audio_paused", T0), entry("audio_resumed", T0 + 1_000), entry("note_added", T0 + 2_000)];
  assert.equal(resumedOf(broken, T0 + 5_000).text, "audio_resumed 1000");
  assert.equal(resumedOf(broken, T0 + 1_001 + TOLD_FOR_MS), null);
  assert.equal(resumedOf([...broken, entry("audio_paused", T0 + 3_000)], T0 + 5_000), null);
  assert.equal(resumedOf([], T0), null);
});
