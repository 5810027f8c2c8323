import assert from "node:assert/strict";
import { test } from "node:test";

import { follow, GAP_MS, isSettling, present, SETTLE_MS, whatWasMissed } from "../../../dashboard/assets/live/missed.mjs";
import { alert, session, T0 } from "./frames.mjs";

const known = (alerts, journal = []) => ({ sessions: { "S-1": session("S-1", { alerts }) }, journal: { "S-1": journal } });
const raised = (id, at) => ({ seq: at, kind: "alert_changed", at_ms: at, text: `${id} Apnoea raised: RR 0 < 6` });
const [A, B] = [alert("A.1", "high", "active"), alert("B.1", "medium", "active")];
const from = { state: known([A]), nowMs: T0 };

/** The memory after each of these draws. */
function played(draws) {
  let memory = present();
  return draws.map((draw) => (memory = follow(memory, { feed: "live", nowMs: T0 + draw.at, state: known([]), ...draw })));
}

test("F8: what began, was answered, ended or came and went is told, the worst first", () => {
  const answered = { ...B, state: "acknowledged" };
  assert.deepEqual(whatWasMissed(from, known([A])), []);
  assert.deepEqual(whatWasMissed(from, known([B, A])).map((one) => [one.alert.id, one.how]), [["B.1", "began"]]);
  assert.deepEqual(whatWasMissed(from, known([])).map((one) => [one.alert.id, one.how]), [["A.1", "ended"]]);
  assert.deepEqual(whatWasMissed({ ...from, state: known([B]) }, known([answered, A])).map((one) => [one.alert.id, one.how]), [["A.1", "began"], ["B.1", "answered"]]);
  const gone = whatWasMissed(from, known([A], [raised("C.1", T0 + 5), raised("A.1", T0 + 6), raised("D.1", T0 - 5)]));
  assert.deepEqual(gone.map((one) => [one.title, one.how]), [["Apnoea raised: RR 0 < 6", "passed"]]);
});

test("what is raised after the return was not missed", () => {
  assert.deepEqual(whatWasMissed({ ...from, state: known([]) }, known([A]), T0 - 1), []);
  assert.equal(whatWasMissed({ ...from, state: known([]) }, known([A]), T0).length, 1);
});

test("a pending alert is not one, neither before nor after", () => {
  assert.deepEqual(whatWasMissed({ ...from, state: known([]) }, known([alert("P", "high", "pending")])), []);
  assert.deepEqual(whatWasMissed({ ...from, state: known([alert("P", "high", "pending")]) }, known([])), []);
});

test("a screen that draws four times a second and is live misses nothing", () => {
  for (const memory of played([{ at: 0 }, { at: 250 }, { at: 500 }, { at: 500 + GAP_MS }])) assert.equal(memory.away, null);
});

test("a gap between two draws, though the feed says live at once, is an absence since the last draw before it", () => {
  const memory = played([{ at: 0 }, { at: 250 }, { at: 60_000 }]).at(-1);
  assert.deepEqual([memory.away.from.nowMs, memory.away.untilMs, memory.away.backAt], [T0 + 250, T0 + 60_000, 60_000]);
});

test("an absence lasts while the feed is not live, and is settled some seconds after", () => {
  const draws = [{ at: 0 }, { at: 250, feed: "stale" }, { at: 500, feed: "stale" }, { at: 750 }];
  const [, gone, still, back] = played(draws).map((memory) => memory.away);
  assert.deepEqual([gone.backAt, still.backAt, back.backAt], [null, null, 750]);
  assert.ok(isSettling(back, 750 + SETTLE_MS - 1) && !isSettling(back, 750 + SETTLE_MS) && !isSettling(still, 500));
});

test("a second absence before the first was read begins where the first did", () => {
  const memory = played([{ at: 0 }, { at: 250, feed: "stale" }, { at: 500 }, { at: 750, feed: "stale" }, { at: 1_000 }]).at(-1);
  assert.deepEqual([memory.away.from.nowMs, memory.away.untilMs], [T0, T0 + 1_000]);
});

test("before the first snapshot there is nothing to miss", () => {
  for (const memory of played([{ at: 0, feed: "connecting" }, { at: 9_000, feed: "connecting" }, { at: 9_250 }])) assert.equal(memory.away, null);
});
