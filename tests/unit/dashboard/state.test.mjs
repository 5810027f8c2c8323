import assert from "node:assert/strict";
import { test } from "node:test";

import { monitorNow } from "../../../dashboard/assets/live/clock.mjs";
import { HEARTBEATS_AHEAD, initialState, MAX_JOURNAL, MAX_SESSIONS, reduce } from "../../../dashboard/assets/live/state.mjs";
import { alert, frozen, heartbeat, hello, session, snapshot, system, T0, update, vital } from "./frames.mjs";

const play = (frames, state = initialState()) => frames.reduce((before, frame, i) => frozen(reduce(before, frozen(frame), i * 100)), state);
const begun = (...sessions) => play([hello(), snapshot(10, sessions)]);

test("a snapshot is everything: what it does not name is gone", () => {
  const state = play([snapshot(20, [session("S-2")])], begun(session("S-1")));
  assert.deepEqual(Object.keys(state.sessions), ["S-2"]);
  assert.equal(state.position, 20);
});

test("an update changes the vital signs it names and leaves the others", () => {
  const state = play([update(11, { vitals: { "S-1": [vital("spo2", 95, { received_at_ms: T0 + 1 })] } })], begun(session("S-1", { vitals: [vital("heart_rate", 70), vital("spo2", 98)] })));
  assert.equal(state.sessions["S-1"].vitals.spo2.value, 95);
  assert.equal(state.sessions["S-1"].vitals.heart_rate.value, 70);
});

test("an older value never replaces a newer one", () => {
  const first = begun(session("S-1", { vitals: [vital("spo2", 98, { received_at_ms: T0 + 5_000 })] }));
  const state = play([update(11, { vitals: { "S-1": [vital("spo2", 80, { received_at_ms: T0 })] } })], first);
  assert.equal(state.sessions["S-1"].vitals.spo2.value, 98);
});

test("a value is as old as its age_ms says, counted from the frame's own time", () => {
  const state = begun(session("S-1", { vitals: [vital("spo2", 98, { age_ms: 700 })] }));
  assert.equal(state.sessions["S-1"].vitals.spo2.born_ms, T0 - 700);
});

test("a frame that was under way for long brings old values, not fresh ones", () => {
  const live = reduce(reduce(initialState(), hello(), 0), snapshot(10, [session("S-1")]), 10);
  const late = reduce(live, update(11, { now_ms: T0 + 1_000, vitals: { "S-1": [vital("spo2", 98, { age_ms: 0 })] } }), 31_000);
  const age = monitorNow(late.clock, 31_000) - late.sessions["S-1"].vitals.spo2.born_ms;
  assert.ok(age >= 30_000, `${age} ms`);
});

test("an update that was seen before changes nothing", () => {
  const before = begun(session("S-1"));
  const state = play([update(10, { ended: ["S-1"] })], before);
  assert.ok("S-1" in state.sessions);
  assert.equal(state.ignored, before.ignored + 1);
});

test("a missing update asks for a snapshot and is not applied", () => {
  const state = play([update(12, { ended: ["S-1"] })], begun(session("S-1")));
  assert.equal(state.asks, "resync");
  assert.ok("S-1" in state.sessions);
  assert.equal(state.position, 10);
});

test("heartbeats that keep knowing more than we do mean a lost update", () => {
  const beats = Array.from({ length: HEARTBEATS_AHEAD - 1 }, () => heartbeat(11));
  const almost = play(beats, begun());
  assert.equal(almost.asks, null);
  assert.equal(play([heartbeat(11)], almost).asks, "resync");
  assert.equal(play([update(11), heartbeat(11)], almost).ahead, 0);
});

test("a session that ended leaves the wall", () => {
  assert.deepEqual(play([update(11, { ended: ["S-1"] })], begun(session("S-1"))).sessions, {});
});

test("an unknown session's values are counted, not shown", () => {
  const state = play([update(11, { vitals: { "S-9": [vital("spo2", 98)] } })], begun(session("S-1")));
  assert.equal(state.ignored, 1);
  assert.equal(state.position, 11);
});

test("the same stream again keeps what is known and its position; resumed at another place asks for a snapshot", () => {
  const state = play([hello({ now_ms: T0 + 60_000 })], begun(session("S-1")));
  assert.equal(state.position, 10);
  assert.equal(play([{ type: "resumed", since: 10, position: 14 }], state).asks, null);
  assert.equal(play([{ type: "resumed", since: 7, position: 14 }], state).asks, "resync");
});

test("another stream starts anew: its updates wait for its snapshot, what was shown stays and ages", () => {
  const state = play([hello({ stream: "two" }), update(11, { ended: ["S-1"] })], begun(session("S-1")));
  assert.equal(state.position, null);
  assert.ok("S-1" in state.sessions);
});

test("another protocol asks for a reload", () => {
  assert.equal(play([hello({ protocol: 2 })]).asks, "reload");
});

test("a canary is kept to be answered and changes nothing that is shown", () => {
  const before = begun(session("S-1"));
  const state = play([{ type: "canary", id: "c-17", now_ms: T0 + 500 }], before);
  assert.equal(state.canary, "c-17");
  assert.equal(state.lastNowMs, T0 + 500);
  assert.equal(state.sessions, before.sessions);
  assert.equal(state.position, 10);
  assert.equal(play([snapshot(11, [])], state).canary, "c-17");
});

test("a frame of an unknown kind is counted and harmless", () => {
  const state = play([{ type: "waveform" }], begun(session("S-1")));
  assert.equal(state.ignored, 1);
  assert.equal(state.asks, null);
});

test("an alert and its acknowledgement come with the session; the monitor's state too", () => {
  const raised = play([update(11, { sessions: [session("S-1", { alerts: [alert("BP-H1.1", "high", "active")] })] })], begun(session("S-1")));
  assert.equal(raised.sessions["S-1"].alerts[0].state, "active");
  const impaired = play([update(12, { system: { ...system, recording_impaired: "disk full" } })], raised);
  assert.equal(impaired.system.recording_impaired, "disk full");
  assert.equal(impaired.sessions["S-1"].alerts.length, 1);
});

test("the journal holds each entry once, in order, and no more than its bound", () => {
  const entry = (seq) => ({ session: "S-1", seq, at_ms: T0 + seq, kind: "note_added", text: `${seq}` });
  const state = play([update(11, { journal: [entry(3), entry(1)] }), update(12, { journal: [entry(2), entry(3)] })], begun(session("S-1")));
  assert.deepEqual(state.journal["S-1"].map((one) => one.seq), [1, 2, 3]);
  const many = play([update(13, { journal: Array.from({ length: MAX_JOURNAL + 5 }, (_, i) => entry(10 + i)) })], state);
  assert.equal(many.journal["S-1"].length, MAX_JOURNAL);
  assert.equal(many.journal["S-1"].at(-1).seq, MAX_JOURNAL + 14);
});

test("beyond the bound of sessions the worst are kept", () => {
  const crowd = Array.from({ length: MAX_SESSIONS + 3 }, (_, i) => session(`S-${i}`, { alerts: i === MAX_SESSIONS + 2 ? [alert("x", "high", "active")] : [] }));
  const state = begun(...crowd);
  assert.equal(Object.keys(state.sessions).length, MAX_SESSIONS);
  assert.equal(state.leftOut, 3);
  assert.ok(`S-${MAX_SESSIONS + 2}` in state.sessions);
});

test("a snapshot says the same as the updates it stands for", () => {
  const steps = [
    update(11, { sessions: [session("S-2", { room: "2" })] }),
    update(12, { vitals: { "S-1": [vital("spo2", 91, { received_at_ms: T0 + 5 })], "S-2": [vital("heart_rate", 60)] } }),
    update(13, { sessions: [session("S-1", { phase: "paused", vitals: [vital("spo2", 91, { received_at_ms: T0 + 5 })] })] }),
  ];
  const stepwise = play(steps, begun(session("S-1")));
  const whole = begun(session("S-1", { phase: "paused", vitals: [vital("spo2", 91, { received_at_ms: T0 + 5 })] }), session("S-2", { room: "2", vitals: [vital("heart_rate", 60)] }));
  assert.deepEqual(stepwise.sessions, whole.sessions);
});
