import assert from "node:assert/strict";
import { test } from "node:test";

import { keyOf, MAX_SHOWN, SAY_EVERY_MS, SHOWN_EVERY_MS, silent, whatToSay } from "../../../dashboard/assets/live/readiness.mjs";

const READY = { visible: true, sound: true };
const KEY = keyOf("S-000003", "BP-H1.1");
const SHOWN = { type: "shown", alerts: [{ session: "S-000003", alert: "BP-H1.1" }] };

/** Plays moments one after the other; each is a change of the usual one. Returns what was said at each. */
function played(moments, usual = {}) {
  let said = silent();
  return moments.map((moment) => {
    const result = whatToSay(said, { socket: 1, ...READY, painted: [], unseen: new Set(), ...usual, ...moment });
    said = result.said;
    return result.messages;
  });
}

test("a screen says whether it is ready at once, at each change, and again every five seconds", () => {
  const said = played([{ at: 0 }, { at: 250 }, { at: 500, sound: false }, { at: 750, sound: false, visible: false }, { at: 1_000 }, { at: 1_000 + SAY_EVERY_MS - 1 }, { at: 1_000 + SAY_EVERY_MS }]);
  const ready = (visible, sound) => [{ type: "ready", visible, sound }];
  assert.deepEqual(said, [ready(true, true), [], ready(true, false), ready(false, false), ready(true, true), [], ready(true, true)]);
});

test("without a connection nothing is said, and on the next one all of it again", () => {
  const said = played([{ at: 0 }, { at: 250, socket: null, sound: false }, { at: 500, socket: 2 }]);
  assert.deepEqual(said.map((messages) => messages.length), [1, 0, 1]);
});

test("an alert is said to be shown once", () => {
  const said = played([{ at: 0, painted: [KEY] }, { at: 2_000, painted: [KEY] }, { at: 9_000, painted: [KEY] }]);
  assert.deepEqual(said.flat().filter((message) => message.type === "shown"), [SHOWN]);
  assert.deepEqual(said[0].map((message) => message.type), ["ready", "shown"], "the monitor must know that the screen watches first");
});

test("a screen that cannot be seen or heard says nothing is shown, and says it as soon as it can", () => {
  const said = played([{ at: 0, sound: false, painted: [KEY] }, { at: 2_000, visible: false, painted: [KEY] }, { at: 4_000, painted: [KEY] }]);
  assert.deepEqual(said.map((messages) => messages.map((message) => message.type)), [["ready"], ["ready"], ["ready", "shown"]]);
});

test("on a new connection what the monitor does not know to be shown is said again, and no more", () => {
  const known = keyOf("S-000003", "HR-L1.1");
  const said = played([{ at: 0, painted: [KEY, known] }, { at: 2_000, socket: 2, painted: [KEY, known], unseen: new Set([KEY]) }]);
  assert.deepEqual(said[1].slice(1), [SHOWN]);
});

test("a canary is answered with an empty session, once", () => {
  const said = played([{ at: 0, painted: [keyOf("", "c 17")] }, { at: 5_000, painted: [keyOf("", "c 17")] }]);
  assert.deepEqual(said[0][1], { type: "shown", alerts: [{ session: "", alert: "c 17" }] });
  assert.equal(said[1].length, 1);
});

test("many alerts go in several messages, and never more than the monitor listens to", () => {
  const many = Array.from({ length: 3 * MAX_SHOWN }, (_, i) => keyOf(`S-${i}`, "BP-H1.1"));
  const moments = Array.from({ length: 240 }, (_, i) => ({ at: i * 250, painted: many }));
  const said = played(moments).flat();
  const told = said.filter((message) => message.type === "shown");
  assert.deepEqual(told.map((message) => message.alerts.length), [MAX_SHOWN, MAX_SHOWN, MAX_SHOWN]);
  assert.ok(Math.max(...told.map((message) => JSON.stringify(message).length)) < 4_096);
  assert.ok(said.length < 100, "in a minute");
  assert.ok(SHOWN_EVERY_MS >= 1_000);
});

test("even alerts that come one by one all the time stay within what the monitor listens to", () => {
  const moments = Array.from({ length: 240 }, (_, i) => ({ at: i * 250, painted: Array.from({ length: i }, (_unused, k) => keyOf("S-1", `X.${k}`)) }));
  assert.ok(played(moments).flat().length <= 100);
});
