import assert from "node:assert/strict";
import { test } from "node:test";

import { counts, elsewhere, flashOf, inBar, loudest, loudestSession, newlyRaised, pendingOf, presentedOf, signOf, tileAlerts, toneOf, urgencyOf } from "../../../dashboard/assets/live/alerts.mjs";
import { arrange } from "../../../dashboard/assets/live/wall_order.mjs";
import { alert, presented, session, T0 } from "./frames.mjs";

const permutations = (list) => (list.length < 2 ? [list] : list.flatMap((one, i) => permutations(list.toSpliced(i, 1)).map((rest) => [one, ...rest])));
const ids = (alerts) => alerts.map((one) => one.id);

test("alerts are presented as the monitor groups and orders them", () => {
  const alerts = [alert("BP-M1.1", "medium", "active"), alert("SYM-H1.1", "high", "active"), alert("BP-H1.1", "high", "latched"), alert("TEC-M2.1", "medium", "acknowledged")];
  const told = [presented("BP-H1.1", ["BP-M1.1"]), presented("SYM-H1.1"), presented("TEC-M2.1", [], { is_flashing: false, sound: false })];
  for (const order of permutations(alerts)) {
    const groups = presentedOf(session("S-1", { alerts: order, presented: told }));
    assert.deepEqual(groups.map((group) => group.head.id), ["BP-H1.1", "SYM-H1.1", "TEC-M2.1"]);
    assert.deepEqual(ids(groups[0].others), ["BP-M1.1"]);
    assert.deepEqual(ids(groups[0].unanswered), ["BP-H1.1", "BP-M1.1"]);
    assert.deepEqual(groups.map((group) => group.sounds), [true, true, false]);
  }
});

test("a raised alert that the monitor names in no group is shown all the same, and calls unless the sound is paused", () => {
  const alerts = [alert("A.1", "high", "active", { cause: "x" }), alert("B.1", "low", "active", { cause: "x" }), alert("C.1", "medium", "active")];
  const found = presentedOf(session("S-1", { alerts, presented: [presented("C.1", ["gone"])] }));
  assert.deepEqual(found.map((group) => [group.head.id, ids(group.others), group.sounds]), [["C.1", [], true], ["A.1", ["B.1"], true]]);
  assert.equal(presentedOf(session("S-1", { alerts, audio_paused_until_ms: T0 + 1 }))[0].sounds, false);
  assert.equal(presentedOf(session("S-1", { alerts, presented: undefined })).length, 2);
});

test("what is over or not yet raised is in no group, whatever the monitor says", () => {
  const alerts = [alert("A.1", "high", "resolved"), alert("B.1", "high", "pending"), alert("C.1", "low", "pending")];
  const one = session("S-1", { alerts, presented: [presented("A.1"), presented("B.1")] });
  assert.deepEqual(presentedOf(one), []);
  assert.deepEqual(ids(pendingOf(one)), ["B.1", "C.1"]);
});

test("a group whose alerts are all answered does not call, whatever the monitor says", () => {
  const [group] = presentedOf(session("S-1", { alerts: [alert("A.1", "high", "acknowledged")], presented: [presented("A.1")] }));
  assert.equal(group.sounds, false);
});

test("a tile shows the highest, another high one beneath it, and every other by name, the worst first", () => {
  const alerts = [alert("a", "high", "active"), alert("low", "low", "active"), alert("b", "high", "active"), alert("m", "medium", "active", { cause: "a" })];
  const seen = tileAlerts(session("S-1", { alerts, presented: [presented("a", ["m"]), presented("b"), presented("low")] }));
  assert.deepEqual(ids(seen.lines), ["a", "b"]);
  assert.deepEqual(ids(seen.rest), ["m", "low"]);
});

test("beneath an answered one a tile shows the highest that is not, of its own cause too", () => {
  const alerts = [alert("old", "high", "acknowledged"), alert("lesser", "medium", "active", { cause: "old" }), alert("third", "low", "active")];
  const seen = tileAlerts(session("S-1", { alerts, presented: [presented("old", ["lesser"]), presented("third")] }));
  assert.deepEqual(ids(seen.lines), ["old", "lesser"]);
  assert.deepEqual(ids(seen.rest), ["third"]);
  assert.equal(flashOf(session("S-1", { alerts })), "medium");
});

test("every raised alert of a session is on its tile", () => {
  const alerts = ["high", "medium", "low"].flatMap((priority) => ["active", "acknowledged", "latched"].map((state) => alert(`${priority} ${state}`, priority, state)));
  const { lines, rest } = tileAlerts(session("S-1", { alerts }));
  assert.deepEqual(ids([...lines, ...rest]).sort(), ids(alerts).sort());
  assert.deepEqual(ids(tileAlerts(session("S-1", { alerts: [alert("p", "high", "pending")] })).lines), ["p"]);
});

test("a room with a worse alert is more urgent, and a pending one is not yet raised", () => {
  assert.ok(urgencyOf([alert("a", "low", "active")]) > urgencyOf([alert("b", "high", "pending")]));
  assert.ok(urgencyOf([alert("a", "high", "acknowledged")]) > urgencyOf([alert("b", "medium", "active")]));
  assert.equal(urgencyOf([]), 0);
  assert.ok(urgencyOf([alert("a", "high", "active")]) > urgencyOf([alert("b", "high", "latched")]), "what is there now comes before what is over");
  assert.ok(urgencyOf([alert("a", "high", "latched")]) > urgencyOf([alert("b", "high", "acknowledged")]));
});

test("counts are of unanswered groups; technical ones are counted as technical", () => {
  const one = session("S-1", { alerts: [alert("a", "high", "active", { cause: "x" }), alert("b", "medium", "active", { cause: "x" }), alert("t", "medium", "active", { kind: "technical" })] });
  const two = session("S-2", { alerts: [alert("c", "high", "acknowledged"), alert("d", "low", "latched")] });
  assert.deepEqual(counts([one, two]), { high: 1, medium: 0, low: 1, technical: 1 });
  assert.equal(flashOf(one), "high");
  assert.equal(flashOf(session("S-3")), null);
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

test("a session whose sound is paused does not call, and another one does", () => {
  const paused = session("S-1", { alerts: [alert("a", "high", "active")], presented: [presented("a", [], { sound: false })], audio_paused_until_ms: T0 + 60_000 });
  const calling = session("S-2", { alerts: [alert("b", "low", "active")], presented: [presented("b")] });
  assert.equal(loudest([paused]), null);
  assert.equal(loudest([paused, calling]), "low");
  assert.equal(loudestSession([paused, calling]).id, "S-2");
  assert.equal(loudestSession([paused]), null);
});

test("other rooms' unanswered alerts are named, the worst room first", () => {
  const open = session("S-1", { alerts: [alert("mine", "high", "active")] });
  const two = session("S-2", { alerts: [alert("l", "low", "active"), alert("done", "high", "acknowledged")] });
  const three = session("S-3", { alerts: [alert("h", "high", "latched"), alert("m", "medium", "active", { cause: "h" })], presented: [presented("h", ["m"])] });
  const found = elsewhere([open, two, three, session("S-4")], "S-1");
  assert.deepEqual(found.map((one) => [one.session.id, one.alert.id, ids(one.rest)]), [["S-3", "h", ["m"]], ["S-2", "l", []]]);
});

test("what was found for a list of alerts is found anew once the session presents it otherwise", () => {
  const alerts = [alert("A", "high", "active"), alert("B", "low", "active")];
  const before = session("S-1", { alerts, presented: [presented("A"), presented("B")] });
  assert.deepEqual(presentedOf(before).map((one) => one.sounds), [true, true]);
  assert.equal(presentedOf({ ...before, vitals: {} }), presentedOf(before), "values alone change nothing");
  const silent = { sound: false };
  assert.deepEqual(presentedOf({ ...before, presented: [presented("A", [], silent), presented("B", [], silent)] }).map((one) => one.sounds), [false, false]);
  const unnamed = { ...before, presented: [] };
  assert.deepEqual([null, 1].map((until) => presentedOf({ ...unnamed, audio_paused_until_ms: until })[0].sounds), [true, false]);
});

test("of equally bad rooms the bar names the one that stands first on the wall, however long it has been so", () => {
  const rooms = [["Room 10", 1], ["Room 9", 3], ["Room 2", 2]].map(([room, since_ms], index) =>
    session(`S-${index}`, { room, alerts: [alert("bad", "high", "active", { since_ms })] }));
  assert.equal(inBar(rooms, null, true).session.room, arrange(rooms, "worst")[0].room);
  assert.deepEqual(elsewhere(rooms, null).map((one) => one.session.room), ["Room 2", "Room 9", "Room 10"]);
});

test("in the bar stands the worst of all rooms, or of the open one alone, and only what nobody has answered", () => {
  const open = session("S-1", { alerts: [alert("mine", "medium", "active"), alert("less", "low", "active")] });
  const two = session("S-2", { alerts: [alert("theirs", "high", "latched")] });
  const calm = session("S-3", { alerts: [alert("done", "high", "acknowledged"), alert("soon", "high", "pending")] });
  const told = (found) => found && [found.session.id, found.alert.id];
  assert.deepEqual(told(inBar([open, two, calm], "S-1", true)), ["S-2", "theirs"]);
  assert.deepEqual(told(inBar([open, two, calm], "S-1", false)), ["S-1", "mine"]);
  assert.equal(inBar([open, two, calm], "S-3", false), null);
  assert.equal(inBar([open, two, calm], null, false), null, "a page of no session: its strip names every room");
  assert.equal(inBar([calm], null, true), null);
});
