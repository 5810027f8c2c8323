import assert from "node:assert/strict";
import { test } from "node:test";

import { DENSITIES, layOut, MOST_COLUMNS } from "../../../dashboard/assets/live/wall_layout.mjs";
import { arrange, FOCUSED_MS, heldOrder, isHeld, MAX_TILES, POINTED_MS } from "../../../dashboard/assets/live/wall_order.mjs";
import { wardSettings } from "../../../dashboard/assets/live/ward_settings.mjs";
import { byRoom } from "../../../dashboard/assets/live/alerts.mjs";
import { alert, session } from "./frames.mjs";

const SCREENS = [
  { width: 1408, height: 680 }, // 1440 x 900 less what stands around the wall, with two strips
  { width: 1888, height: 860 },
];
const ROOMS = Array.from({ length: 64 }, (_, i) => i + 1);

test("one to 64 rooms fit on a desk screen and on a wall screen without scrolling, in tiles no smaller than their density needs", () => {
  for (const screen of SCREENS) {
    for (const count of ROOMS) {
      const { columns, density, tileHeight, fits } = layOut({ count, ...screen });
      const { width, height, gap } = DENSITIES[density];
      const rows = Math.ceil(count / columns);
      assert.ok(fits, `${count} rooms`);
      assert.ok(rows * tileHeight + (rows - 1) * gap <= screen.height, `${count} rooms: too tall`);
      assert.ok((screen.width - (columns - 1) * gap) / columns >= width && tileHeight >= height, `${count} rooms: too small`);
      assert.ok(columns <= Math.min(count, MOST_COLUMNS));
    }
  }
});

test("more rooms never get fuller tiles", () => {
  const order = Object.keys(DENSITIES);
  for (const screen of SCREENS) {
    const got = ROOMS.map((count) => order.indexOf(layOut({ count, ...screen }).density));
    assert.deepEqual(got, [...got].sort((a, b) => a - b));
    assert.deepEqual([got[0], got[3], got.at(-1)], [0, 0, 2], "one and four rooms are full, 64 are rows");
  }
});

test("columns that a person chose stand, and the page scrolls where they cannot all be seen", () => {
  for (const columns of [1, 2, 3, 4, 5]) for (const count of ROOMS) assert.equal(layOut({ count, ...SCREENS[0], columns }).columns, columns);
  assert.equal(layOut({ count: 64, ...SCREENS[0], columns: 2 }).fits, false);
});

test("a screen held in a hand scrolls rather than shrinks to rows", () => {
  const found = layOut({ count: 30, width: 336, height: 400 });
  assert.deepEqual([found.columns, found.density, found.fits], [1, "compact", false]);
});

test("larger type asks for larger tiles, but never leaves a room out", () => {
  for (const count of ROOMS) {
    const { density, tileHeight, fits } = layOut({ count, ...SCREENS[1], scale: 1.15 });
    assert.ok(fits && tileHeight >= DENSITIES[density].height * (density === "row" ? 1 : 1.15), `${count} rooms`);
  }
});

const calm = (id, room) => session(id, { room });
const bad = (id, room, priority = "high") => session(id, { room, alerts: [alert("A", priority, "active")] });

test("the worst is first; equal rooms stand by room number, whatever order they came in", () => {
  const rooms = [calm("S-4", "10"), bad("S-1", "9", "medium"), calm("S-2", "2"), bad("S-3", "1")];
  for (const sessions of [rooms, [...rooms].reverse()]) {
    assert.deepEqual(arrange(sessions, "worst").map((one) => one.room), ["1", "9", "2", "10"]);
    assert.deepEqual(arrange(sessions, "room").map((one) => one.room), ["1", "2", "9", "10"]);
  }
});

test("which rooms are shown is decided by urgency even when they stand by room", () => {
  const many = Array.from({ length: MAX_TILES + 5 }, (_, i) => calm(`S-${i}`, String(i)));
  const shown = arrange([...many, bad("S-x", "9999")], "room");
  assert.equal(shown.length, MAX_TILES);
  assert.equal(shown.at(-1).room, "9999");
});

test("values, ages and a worse reason of the same severity move nothing", () => {
  const before = arrange([bad("S-1", "1"), bad("S-2", "2")], "worst").map((one) => one.id);
  const changed = session("S-2", { room: "2", alerts: [alert("A", "high", "active", { reason: "worse", since_ms: 1 })] });
  assert.deepEqual(arrange([changed, bad("S-1", "1")], "worst").map((one) => one.id), before);
});

test("tiles keep their places while a pointer moves over them or the focus is inside, and not for ever", () => {
  const still = { pointedAt: null, focusedAt: null };
  assert.equal(isHeld({ at: 5, ...still }), false);
  assert.equal(isHeld({ at: POINTED_MS, ...still, pointedAt: 1 }), true);
  assert.equal(isHeld({ at: POINTED_MS + 1, ...still, pointedAt: 1 }), false);
  assert.equal(isHeld({ at: FOCUSED_MS, ...still, focusedAt: 1 }), true);
  assert.equal(isHeld({ at: FOCUSED_MS + 1, ...still, focusedAt: 1 }), false);
});

test("a held order keeps who stays, drops who left and puts who came at the end", () => {
  assert.deepEqual(heldOrder(["c", "n", "a"], ["a", "b", "c"]), ["a", "c", "n"]);
});

test("the address says how a wall screen is set up, else what this browser last had, and nothing unknown counts", () => {
  const stored = (values) => (key) => values[key] ?? null;
  const plain = { columns: "auto", order: "worst" };
  assert.deepEqual(wardSettings("", stored({})), plain);
  assert.deepEqual(wardSettings("?columns=9&order=odd", stored({ "ward-columns": "x" })), plain);
  assert.deepEqual(wardSettings("?columns=5", stored({ "ward-columns": "2", "ward-order": "room" })), { columns: "5", order: "room" });
});

test("rooms stand as people count them, whatever the case, and of one name by the number of the session", () => {
  const rooms = ["Room 10", "room 2", "Room 1", "Ärztezimmer", "Zimmer 3", "Atrium"].map((room, i) => ({ ...session(), id: `S-${i}`, room }));
  const twice = { ...session(), id: "S-10", room: "Room 1" };
  assert.deepEqual([twice, ...rooms].sort(byRoom).map((one) => `${one.room} ${one.id}`), [
    "Ärztezimmer S-3", "Atrium S-5", "Room 1 S-2", "Room 1 S-10", "room 2 S-1", "Room 10 S-0", "Zimmer 3 S-4",
  ]);
});
