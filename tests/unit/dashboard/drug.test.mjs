import assert from "node:assert/strict";
import { test } from "node:test";

import { account } from "../../../dashboard/assets/live/drug.mjs";
import { session, T0 } from "./frames.mjs";

test("drawn is given and wasted before a witness and left; what waits for a witness is not wasted yet", () => {
  const vials = [{ drawn_ug: 50_000 }, { drawn_ug: 10_000 }];
  const wastes = [{ wasted_ug: 4_000, witness: "ruiz" }, { wasted_ug: 6_000, witness: null }];
  const one = session("S-1", { vials, wastes, phase: "recovery", given_ug: 35_000, rate_ug_per_min: 0 });
  assert.deepEqual(account(one, T0), { drawnUg: 60_000, givenUg: 35_000, wastedUg: 4_000, waitingUg: 6_000, leftUg: 21_000 });
});

test("a session of an older monitor has no account", () => {
  assert.equal(account(session("S-1", { phase: "recovery", given_ug: 5_000, rate_ug_per_min: 0 }), T0).leftUg, -5_000);
});
