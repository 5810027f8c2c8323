// The whole drawing of one recorded session, shape by shape: what is on the screen and on paper is this list. A change of it is a change
// of the record that clinicians read. After one that is meant: UPDATE_GOLDEN=1 node --test record_golden.test.mjs, and read the difference.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";

import { drawRecord } from "../../../dashboard/assets/live/record_drawing.mjs";
import { together } from "../../../dashboard/assets/live/record_hits.mjs";
import { record } from "./recorded.mjs";

const GOLDEN = new URL("record.golden.jsonl", import.meta.url);

test("the recorded session is drawn as it always was", () => {
  const { shapes, hits } = drawRecord(record());
  const lines = [...shapes, ...together(hits).map((hit) => ({ is: "hit", ...hit }))].map((one) => `${JSON.stringify(one, rounded)}\n`).join("");
  if (process.env.UPDATE_GOLDEN) writeFileSync(GOLDEN, lines);
  assert.equal(lines, readFileSync(GOLDEN, "utf8"));
});

const rounded = (_key, value) => (typeof value === "number" ? Math.round(value * 10) / 10 : value);
