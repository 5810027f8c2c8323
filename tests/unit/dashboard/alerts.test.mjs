import assert from "node:assert/strict";
import { test } from "node:test";

import { counts, groups, loudest, newlyRaised, signOf, tileLines, toneOf, urgencyOf } from "../../../dashboard/assets/live/alerts.mjs";
import { alert, session, T0 } from "./frames.mjs";

const permutations = (list) => (list.length < 2 ? [list] : list.flatMap((one, i) => permutations(list.toSpliced(i, 1)).map((rest) => [one, ...rest])));

test("the worst alert is on top whatever order they come in", () => {
  const all = [alert("a", "low", "active"), alert("b", "high", "active"), alert("c", "medium", "active"), alert("d", "high", "pending"), alert("e", "medium", "acknowledged")];
  for (const order of permutations(all)) assert.deepEqual(groups(order).map((group) => group.head.id), ["b", "c", "e", "a", "d"]);
});

test("among equals the patient stands above the device and the unanswered above the answered", () => {
  const all = [alert("dev", "high", "active", { kind: "technical" }), alert("ack", "high", "acknowledged"), alert("pat", "high", "active")];
  assert.deepEqual(groups(all).map((group) => group.head.id), ["pat", "dev", "ack"]);
});

test("alerts of one cause are one group; all its unanswered ones are answered together", () => {
  const [group] = groups([alert("BP-M1.1", "medium", "active", { cause: "bp" }), alert("BP-H1.1", "high", "latched", { cause: "bp" }), alert("BP-L1.1", "low", "acknowledged", { cause: "bp" })]);
  assert.equal(group.head.id, "BP-H1.1");
  assert.deepEqual(group.unanswered.map((one) => one.id), ["BP-H1.1", "BP-M1.1"]);
});

test("a tile shows the worst, and below an answered one the worst unanswered", () => {
  const seen = tileLines([alert("old", "high", "acknowledged"), alert("new", "medium", "active"), alert("third", "low", "active")]);
  assert.deepEqual(seen.lines.map((group) => group.head.id), ["old", "new"]);
  assert.equal(seen.more, 1);
});

test("a room with a worse alert is more urgent, and a pending one is not yet raised", () => {
  assert.ok(urgencyOf([alert("a", "low", "active")]) > urgencyOf([alert("b", "high", "pending")]));
  assert.ok(urgencyOf([alert("a", "high", "acknowledged")]) > urgencyOf([alert("b", "medium", "active")]));
  assert.equal(urgencyOf([]), 0);
});

test("counts are of unanswered groups; technical ones are counted as technical", () => {
  const one = session("S-1", { alerts: [alert("a", "high", "active", { cause: "x" }), alert("b", "medium", "active", { cause: "x" }), alert("t", "medium", "active", { kind: "technical" })] });
  const two = session("S-2", { alerts: [alert("c", "high", "acknowledged"), alert("d", "low", "latched")] });
  assert.deepEqual(counts([one, two]), { high: 1, medium: 0, low: 1, technical: 1 });
  assert.equal(loudest([two]), "low");
  assert.equal(loudest([one, two]), "high");
  assert.equal(loudest([session("S-3")]), null);
});

test("technical alerts keep the asterisks of their priority", () => {
  assert.deepEqual(signOf(alert("t", "medium", "active", { kind: "technical" })), { tone: "technical", mark: "**", priority: "medium" });
  assert.deepEqual(signOf(alert("h", "high", "active")), { tone: "high", mark: "***", priority: "high" });
});

test("a new alert is told once, a recurring one again, and those of the first snapshot are not read out", () => {
  const raised = session("S-1", { alerts: [alert("a", "high", "active")] });
  const first = newlyRaised(null, [raised]);
  assert.equal(first.fresh.length, 0);
  assert.equal(newlyRaised(first.now, [raised]).fresh.length, 0);
  const again = newlyRaised(newlyRaised(first.now, [session("S-1")]).now, [raised]);
  assert.deepEqual(again.fresh.map(({ alert: one }) => one.id), ["a"]);
});

test("the number an alert is about takes its tone; a pending one leaves it alone", () => {
  const alerts = [alert("p", "high", "pending", { vital: "spo2" }), alert("a", "low", "active", { vital: "heart_rate", since_ms: T0 })];
  assert.equal(toneOf(alerts, ["heart_rate"]), "low");
  assert.equal(toneOf(alerts, ["spo2"]), null);
});
