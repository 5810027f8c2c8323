import assert from "node:assert/strict";
import { test } from "node:test";

import { isSameLabel, sentence } from "../../../dashboard/assets/live/identify.mjs";

test("room, patient and device in one sentence", () => {
  assert.equal(sentence("Room 3", { label: "J.S.", birth_year: 1984 }, "monitor-b7"), "Room 3 = J.S. 1984 = monitor-b7");
  assert.equal(sentence("Room 3", { label: "J.S.", birth_year: null }, "monitor-b7"), "Room 3 = J.S. = monitor-b7");
});

test("a label is the same whatever its case and dashes, and nothing is no label", () => {
  for (const typed of ["monitor-b7", "Monitor B7", " MONITORB7 "]) assert.equal(isSameLabel(typed, "monitor-b7"), true, typed);
  for (const typed of ["", " - ", "monitor-b8", "b7", "monitor-b77"]) assert.equal(isSameLabel(typed, "monitor-b7"), false, typed);
  assert.equal(isSameLabel("-", "-"), false);
});
