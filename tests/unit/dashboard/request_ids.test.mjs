import assert from "node:assert/strict";
import { test } from "node:test";

import { MAX, requestIds } from "../../../dashboard/assets/live/request_ids.mjs";

function made() {
  let number = 0;
  return requestIds(() => `id-${(number += 1)}`);
}

test("the same thing asked again without an answer keeps its id", () => {
  const ids = made();
  const first = ids.of("POST", "/doses", { amount_mg: 5 });
  assert.equal(ids.of("POST", "/doses", { amount_mg: 5 }), first);
  assert.notEqual(ids.of("POST", "/doses", { amount_mg: 6 }), first);
  assert.notEqual(ids.of("DELETE", "/doses", { amount_mg: 5 }), first);
});

test("after any answer from the same place it is a new thing: a second bolus, a second pause is no repetition of the first", () => {
  const ids = made();
  const paused = ids.of("POST", "/phase", { phase: "paused" });
  const elsewhere = ids.of("POST", "/notes", { text: "dozing" });
  ids.of("POST", "/phase", { phase: "infusing" });
  ids.answered("/phase");
  assert.notEqual(ids.of("POST", "/phase", { phase: "paused" }), paused);
  assert.equal(ids.of("POST", "/notes", { text: "dozing" }), elsewhere);
});

test("what waits is bounded", () => {
  const ids = made();
  const first = ids.of("POST", "/notes", { text: "0" });
  for (let number = 1; number <= MAX; number += 1) ids.of("POST", "/notes", { text: String(number) });
  assert.notEqual(ids.of("POST", "/notes", { text: "0" }), first);
});
