// What the journal puts on the record, against the account that the monitor keeps.

import assert from "node:assert/strict";
import { test } from "node:test";

import { dose } from "../../../dashboard/assets/live/course.mjs";
import { givenBy, recordEvents } from "../../../dashboard/assets/live/record_events.mjs";
import { alert, session, T0 } from "./frames.mjs";
import { journal, MINUTE, recorded } from "./recorded.mjs";

const at = (minute) => T0 + minute * MINUTE;
const spans = (events) => events.rates.map((span) => [(span.fromMs - T0) / MINUTE, (span.untilMs - T0) / MINUTE, span.ugPerMin]);

test("the start runs at the planned rate, a resumed infusion at the one before the pause", () => {
  const events = recordEvents(recorded, journal, at(20));
  assert.deepEqual(spans(events), [[0, 8, 875], [8, 10, 500], [12, 20, 500]]);
  assert.deepEqual([10, 11, 12, 20].map((minute) => givenBy(events, at(minute))), [13_000, 13_000, 13_000, 17_000]);
});

test("the dose below the bar is the dose of the session's own account", () => {
  const events = recordEvents(recorded, journal, at(20));
  const account = dose({ ...recorded, phase: "infusing", rate_ug_per_min: 500, given_ug: givenBy(events, at(13)), given_at_ms: at(13) }, at(20)).givenUg;
  assert.equal(givenBy(events, at(20)), account);
});

test("a rate of zero and a stop end the bar", () => {
  const lines = [...journal, { kind: "rate_set", seq: 90, at_ms: at(15), text: "", rate_ug_per_min: 0 }, { kind: "phase_ordered", seq: 91, at_ms: at(18), text: "", phase: "recovery" }];
  assert.deepEqual(spans(recordEvents({ ...recorded, phase: "recovery", stopped_at_ms: at(18) }, lines, at(30))), [[0, 8, 875], [8, 10, 500], [12, 15, 500]]);
});

test("entries in any order give the same record", () => {
  const forward = recordEvents(recorded, journal, at(20));
  assert.deepEqual(recordEvents(recorded, [...journal].reverse(), at(20)), forward);
});

test("each time an alert stood: from its raising to its end, answered, latched, or still open", () => {
  const { alerts } = recordEvents(recorded, journal, at(20));
  const told = alerts.map((span) => [span.id, span.tone, (span.fromMs - T0) / MINUTE, (span.untilMs - T0) / MINUTE, span.answeredMs && (span.answeredMs - T0) / MINUTE, span.overMs && (span.overMs - T0) / MINUTE, span.isOpen]);
  assert.deepEqual(told, [["BP-M1.1", "medium", 11, 20, 13, null, true], ["TEC-M1.1", "technical", 12.5, 14, null, null, false], ["BP-H1.1", "high", 16, 20, null, 18, true]]);
});

test("a latched alert whose condition comes back is one span, and a pending one none", () => {
  const step = (state) => ({ kind: "physiological", priority: "high", state, title: "x", why: "x" });
  const lines = ["pending", "active", "latched", "active", "latched", "resolved"].map((state, i) => ({ kind: "alert_changed", seq: i, at_ms: at(i), text: "", alert: "A.1", step: step(state) }));
  const { alerts } = recordEvents(session("S-1"), lines, at(20));
  assert.deepEqual(alerts.map((span) => [span.fromMs, span.overMs, span.untilMs]), [[at(1), at(4), at(5)]]);
  assert.deepEqual(recordEvents(session("S-1"), lines.slice(0, 1), at(20)).alerts, []);
});

test("an alert that was raised before the journal reaches back is on the record all the same", () => {
  const one = alert("BP-H1.1", "high", "acknowledged", { raised_at_ms: at(-30), acknowledged_at_ms: at(-29) });
  const [span, ...others] = recordEvents(session("S-1", { alerts: [one, alert("HR-L1.1", "low", "pending")] }), [], at(1)).alerts;
  assert.deepEqual([span.id, span.fromMs, span.answeredMs, others.length], ["BP-H1.1", at(-30), at(-29), 0]);
});
