import assert from "node:assert/strict";
import { test } from "node:test";

import { entered } from "../../../dashboard/assets/live/entered.mjs";

const line = (seq, kind, more = {}) => ({ session: "S-1", seq, at_ms: seq * 1000, kind, text: `${kind} ${seq}`, ...more });

test("what people entered, newest first; the rest of the journal is not in it", () => {
  const journal = [line(1, "session_created"), line(2, "note_added"), line(3, "alert_changed"), line(4, "bolus_given")];
  assert.deepEqual(entered(journal).map((entry) => entry.seq), [4, 2]);
  assert.equal(entered(journal)[0].error, null);
});

test("a marked entry stays in its place, with the mark", () => {
  const mark = line(9, "entry_voided", { voids: 2 });
  const [bolus, note] = entered([line(2, "note_added"), line(4, "bolus_given"), mark]);
  assert.equal(bolus.error, null);
  assert.deepEqual(note.error, mark);
});
