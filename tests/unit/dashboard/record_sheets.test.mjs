// Sheets of the paper record and the tables beside the drawing.

import assert from "node:assert/strict";
import { test } from "node:test";

import { cuffTable, sheetsOf, toldOf } from "../../../dashboard/assets/live/record_sheets.mjs";
import { T0 } from "./frames.mjs";
import { journal, MINUTE, recordedTracks, trackOf } from "./recorded.mjs";

test("sheets follow on each other without a hole, begin on quarters of an hour, are two hours at most and hold everything", () => {
  for (let minutes = 1; minutes < 700; minutes += 7) {
    const sheets = sheetsOf(T0, T0 + minutes * MINUTE);
    assert.ok(sheets[0][0] <= T0 && sheets.at(-1)[1] >= T0 + minutes * MINUTE);
    for (const [i, [from, until]] of sheets.entries()) {
      assert.equal(from % (15 * MINUTE), 0);
      assert.ok(until - from <= 120 * MINUTE && until - from >= 60 * MINUTE);
      if (i) assert.equal(from, sheets[i - 1][1]);
    }
  }
});

test("every cuff value is in the table once, with what was measured within half a minute of it, and its mark", () => {
  const rows = cuffTable(recordedTracks(), "heart_rate");
  assert.deepEqual(rows.map((row) => [(row.atMs - T0) / MINUTE, row.systolic, row.diastolic, row.mark]), [[-9, 122, 76, null], [-4, 124, 78, null], [1, 131, 82, null], [6, 149, 92, null], [11, 168, 101, null], [16, 184, 108, "questionable"]]);
  assert.ok(rows.every((row) => row.rate !== null && row.spo2 !== null));
  const [alone] = cuffTable((name) => ({ systolic_bp: trackOf([[0, 120]]), diastolic_bp: trackOf([[0, 80]]), spo2: trackOf([[0.6, 98]]) })[name] ?? null, "heart_rate");
  assert.deepEqual([alone.rate, alone.spo2, alone.mean], [null, null, null]);
});

test("paper tells steps, doses, notes, charted signs and of each alert its raisings and its end", () => {
  const chatter = [{ seq: 50, kind: "screens_changed" }, { seq: 51, kind: "alert_shown" }, { seq: 52, kind: "alert_changed", step: { state: "active", why: "escalated" } }];
  const told = toldOf([...journal, ...chatter].reverse());
  assert.deepEqual(told.map((entry) => entry.seq), journal.filter((entry) => entry.step?.state !== "acknowledged").map((entry) => entry.seq));
});

test("paper tells what devices said, where it came", () => {
  const said = { seq: 60, kind: "device_announced", text: "pump-1 says: infusion rate 12 mL/h" };
  assert.deepEqual(toldOf([said, ...journal]).at(-1), said);
});
