import assert from "node:assert/strict";
import { test } from "node:test";

import { get } from "../../../dashboard/assets/live/rest.mjs";

const answering = (text) => {
  globalThis.fetch = async () => ({ ok: true, status: 200, statusText: "OK", text });
};

test("an answer that breaks off under way is no answer, whatever its status said", async () => {
  answering(async () => {
    throw new Error("signal timed out");
  });
  const answer = await get("/sessions/S-000001/limits");
  assert.deepEqual([answer.ok, answer.isUnknown, answer.reason, answer.detail], [false, true, "no_answer", "signal timed out"]);
});

test("a whole answer is what it says, and an empty one is empty", async () => {
  answering(async () => "[1]");
  assert.deepEqual((await get("/x")).body, [1]);
  answering(async () => "");
  const empty = await get("/x");
  assert.deepEqual([empty.ok, empty.body], [true, null]);
});
