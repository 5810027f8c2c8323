// The journal as items: nothing lost, nothing twice, every occurrence of an alert on its own.

import assert from "node:assert/strict";
import { test } from "node:test";

import { categoryOf, FILTERS, itemsOf, reasonOf, stepWords } from "../../../dashboard/assets/live/journal_groups.mjs";
import { T0 } from "./frames.mjs";
import { journal } from "./recorded.mjs";

const entry = (seq, kind, fields = {}) => ({ session: "S-1", seq, at_ms: T0 + seq * 1_000, kind, text: `${kind} ${seq}`, ...fields });
const step = (state, priority = "high", kind = "physiological") => ({ kind, priority, state, title: "Tachycardia", why: "onset_passed" });
const changed = (seq, id, state, words, fields = {}) => entry(seq, "alert_changed", { alert: id, step: step(state), text: `${id} Tachycardia ${words}`, ...fields });

const story = [
  changed(1, "HR-H1.1", "pending", "began, waiting for its onset: HR 140 >= 131"),
  entry(2, "rate_set"),
  changed(3, "HR-H1.1", "active", "raised: HR 142 >= 131 for 15 s"),
  entry(4, "alert_shown", { alert: "HR-H1.1", text: "HR-H1.1 shown to vega after 0.3 s" }),
  entry(5, "alert_acknowledged", { alert: "HR-H1.1", text: "HR-H1.1 acknowledged by vega" }),
  changed(6, "HR-H1.1", "acknowledged", "acknowledged: HR 142 >= 131 for 15 s"),
  changed(7, "HR-H1.1", "resolved", "condition ended: HR 120"),
  changed(8, "HR-H1.2", "pending", "began, waiting for its onset: HR 139 >= 131"),
  changed(9, "HR-H1.2", "withdrawn", "not confirmed, withdrawn: HR 139 >= 131"),
  changed(10, "HR-H1.3", "active", "raised at once: HR 180 >= 131"),
];

test("ask 25: every occurrence of an alert is an item of its own, with all its steps in order", () => {
  const items = itemsOf(story);
  assert.deepEqual(items.map((item) => [item.key, item.steps.map((one) => one.seq)]), [["HR-H1.3", [10]], ["HR-H1.2", [8, 9]], ["2", [2]], ["HR-H1.1", [1, 3, 4, 5, 6, 7]]]);
});

test("every entry is in exactly one item, whatever the order it came in", () => {
  for (const entries of [story, journal, [...story].reverse()]) {
    const seqs = itemsOf(entries).flatMap((item) => item.steps.map((one) => one.seq));
    assert.deepEqual(seqs.sort((a, b) => a - b), entries.map((one) => one.seq).sort((a, b) => a - b));
  }
  assert.deepEqual(itemsOf([...story].reverse()), itemsOf(story));
});

test("an alert tells when it was raised, answered and over, and one that never was raised says so", () => {
  const [third, second, , first] = itemsOf(story).map((item) => item.alert);
  assert.deepEqual([first.raisedMs, first.endMs, first.answered.seq, first.state], [T0 + 3_000, T0 + 7_000, 5, "resolved"]);
  assert.deepEqual([second.raisedMs, second.state], [null, "withdrawn"]);
  assert.deepEqual([third.raisedMs, third.endMs, third.answered, third.tone, third.mark], [T0 + 10_000, null, null, "high", "***"]);
});

test("steps are told without the alert's name, and its reason is that of its raising", () => {
  const first = itemsOf(story).at(-1);
  assert.deepEqual(first.steps.map((one) => stepWords(first.alert, one)).slice(0, 4), ["began, waiting for its onset: HR 140 >= 131", "raised: HR 142 >= 131 for 15 s", "shown to vega after 0.3 s", "acknowledged by vega"]);
  assert.equal(reasonOf(first), "HR 142 >= 131 for 15 s");
});

test("what was charted, or said by devices, together is one item, what came later another", () => {
  for (const kind of ["observation_charted", "device_announced"]) {
    const together = [entry(1, kind, { at_ms: T0 }), entry(2, kind, { at_ms: T0 }), entry(3, kind, { at_ms: T0 + 1 })];
    assert.deepEqual(itemsOf(together).map((item) => item.steps.length), [1, 2]);
  }
  const [second, first] = itemsOf([entry(1, "observation_charted", { at_ms: T0 }), entry(2, "device_announced", { at_ms: T0 })]);
  assert.deepEqual([first.steps.length, second.steps.length], [1, 1]);
});

test("an acknowledgement whose alert is not in the journal any more stands alone, under alerts", () => {
  const [alone] = itemsOf([entry(5, "alert_acknowledged", { alert: "HR-H1.1" })]);
  assert.deepEqual([alone.alert, alone.category], [null, "alerts"]);
});

test("filters part the journal: each kind falls under one of them or under none", () => {
  const kinds = { alert_changed: "alerts", phase_ordered: "doses", rate_set: "doses", bolus_given: "doses", note_added: "notes", observation_charted: "notes", device_joined: "devices", device_announced: "devices", device_left: "devices", screens_changed: "other" };
  for (const [kind, category] of Object.entries(kinds)) assert.equal(categoryOf(entry(1, kind, kind === "alert_changed" ? { alert: "A" } : {})), category);
  assert.deepEqual(FILTERS, ["all", "alerts", "doses", "notes", "devices"]);
});
