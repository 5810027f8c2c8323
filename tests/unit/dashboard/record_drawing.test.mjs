// The record as a list of shapes. Laws: nothing is drawn that was not measured, nothing measured is left out, no line joins two values.

import assert from "node:assert/strict";
import { test } from "node:test";

import { MARK } from "../../../dashboard/assets/live/history.mjs";
import { drawRecord } from "../../../dashboard/assets/live/record_drawing.mjs";
import { limitsToDraw } from "../../../dashboard/assets/live/record_grid.mjs";
import { spotsOf } from "../../../dashboard/assets/live/record_names.mjs";
import { columnsOf } from "../../../dashboard/assets/live/record_vitals.mjs";
import { T0 } from "./frames.mjs";
import { limits, MINUTE, record, recorded, recordedTracks, trackOf } from "./recorded.mjs";

const ofTone = (shapes, is, tone) => shapes.filter((shape) => shape.is === is && shape.tone === tone);
const words = (shapes) => shapes.filter((shape) => shape.is === "text").map((shape) => shape.words);
const only = (tracks) => (name) => tracks[name] ?? null;
const at = (minute) => T0 + minute * MINUTE;
/** Numbers that look random and are the same each time. */
function* dice(seed) {
  for (let state = seed; ; ) yield (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

test("ask 52: no shape of a stream reaches over a gap, wherever the gaps are", () => {
  const roll = dice(11);
  for (let round = 0; round < 40; round += 1) {
    const points = [];
    for (let minute = -10; minute < 20; minute += 0.05 + (roll.next().value > 0.93 ? 1 + 4 * roll.next().value : 0)) points.push([minute, 60 + Math.round(60 * roll.next().value)]);
    const track = trackOf(points);
    const { shapes, layout } = drawRecord(record({ tracks: only({ heart_rate: track }), model: null }));
    const holes = shapes.filter((shape) => shape.is === "hatched" && shape.y < layout.spo2.top);
    assert.ok(holes.length > 0);
    for (const { x, width } of holes) {
      const inside = (place) => place > x + 2.1 && place < x + width - 2.1;
      for (const { points: drawn } of ofTone(shapes, "dots", "--hr")) assert.equal(drawn.some(([place]) => inside(place)), false);
      for (const { spans } of ofTone(shapes, "strokes", "--hr")) assert.equal(spans.some(([place]) => inside(place)), false);
    }
    assert.deepEqual(ofTone(shapes, "curve", "--hr"), [], "a curve would join values");
    assert.deepEqual(ofTone(shapes, "line", "--hr").filter((shape) => shape.y1 !== shape.y2), [], "a line would join values");
  }
});

test("ask 53: a gap is hatched with its length, and one that lasts grows up to now", () => {
  const track = trackOf([[0, 70], [0.1, 70], [3.1, 70], [3.2, 71]]);
  const { shapes, layout, hits } = drawRecord(record({ tracks: only({ heart_rate: track }), nowMs: at(8.2) }));
  const [first, last] = shapes.filter((shape) => shape.is === "hatched");
  assert.deepEqual([first.x, first.x + first.width].map((x) => Math.round((layout.ms(x) - T0) / 6_000)), [1, 31]);
  assert.equal(Math.round((layout.ms(last.x + last.width) - T0) / 6_000), 82);
  assert.ok(words(shapes).includes("5:00"));
  assert.deepEqual(hits.filter((hit) => hit.key.startsWith("gap")).map((hit) => hit.words), ["09:41 · HR: no data 3:00", "09:44 · HR: no data 5:00"]);
  const wide = drawRecord(record({ tracks: only({ heart_rate: track }), nowMs: at(8.2), window: [T0, at(10)] }));
  assert.deepEqual(words(wide.shapes).filter((one) => one.startsWith("no data")), ["no data 3:00", "no data 5:00"]);
  const over = drawRecord(record({ tracks: only({ heart_rate: track }), nowMs: at(8.2), isOpen: false }));
  assert.equal(over.shapes.filter((shape) => shape.is === "hatched").length, 1, "nothing more is expected of an ended session");
});

test("readings without a value are a gap too", () => {
  const track = trackOf([[0, 70], ...Array.from({ length: 30 }, (_, i) => [0.1 + i / 10, null]), [3.2, 71]]);
  const { shapes } = drawRecord(record({ tracks: only({ spo2: track }), nowMs: at(3.3) }));
  assert.equal(shapes.filter((shape) => shape.is === "hatched").length, 1);
});

test("no peak is lost and no value invented, however many fall into one column", () => {
  const roll = dice(5);
  for (const width of [300, 900, 1_700]) {
    const points = Array.from({ length: 14_400 }, (_, i) => [i / 60, Math.round(50 + 100 * roll.next().value)]);
    const track = trackOf(points);
    const { layout } = drawRecord(record({ tracks: only({ heart_rate: track }), window: [T0, at(240)], nowMs: at(240), size: { width, height: 600 } }));
    const columns = columnsOf(track, layout);
    assert.ok(columns.length <= width / 2 + 2);
    const by = new Map(columns.map((column) => [column.place, column]));
    for (let i = 0; i < track.at.length; i += 1) {
      const column = by.get(Math.floor(layout.x(track.at[i]) / 2));
      assert.ok(column.low <= track.value[i] && track.value[i] <= column.high);
    }
    for (const { low, high } of columns) assert.ok(track.value.includes(low) && track.value.includes(high));
  }
});

test("ask 54: late points stand where they were measured, hollow; the others are filled", () => {
  const { shapes, layout } = drawRecord(record());
  const [hollow] = ofTone(shapes, "dots", "--hr").filter((shape) => shape.isHollow);
  assert.deepEqual(hollow.points.map(([x]) => Math.round((layout.ms(x) - T0) / 15_000)), [50, 51, 52]);
  assert.deepEqual(hollow.points.map(([, y]) => y), Array(3).fill(Math.round(layout.main.y(84) * 10) / 10));
  const plain = drawRecord(record({ tracks: only({ heart_rate: trackOf([[0, 70], [1, 72, MARK.plain]]) }) }));
  assert.equal(plain.shapes.some((shape) => shape.is === "dots" && shape.isHollow), false);
});

test("a questionable value is kept where it lies, with a question mark", () => {
  const { shapes, layout } = drawRecord(record());
  const asked = shapes.filter((shape) => shape.is === "text" && shape.words === "?");
  assert.equal(asked.length, 2, "one heart rate, one cuff");
  const kept = ofTone(shapes, "dots", "--hr").flatMap((shape) => shape.points).filter(([, y]) => y === Math.round(layout.main.y(140) * 10) / 10);
  assert.deepEqual(kept.map(([x]) => Math.round((layout.ms(x) - T0) / MINUTE)), [5]);
});

test("V stands with its tip on the systolic, the inverted V on the diastolic, at the minute of the cuff", () => {
  const { shapes, layout } = drawRecord(record());
  const marks = (shape) => shapes.filter((one) => one.is === "mark" && one.shape === shape);
  const read = (shape) => marks(shape).map((one) => [Math.round((layout.ms(one.x) - T0) / MINUTE), Math.round((layout.main.bottom - one.y) / ((layout.main.bottom - layout.main.top) / (layout.main.high - layout.main.low)) + layout.main.low)]);
  assert.deepEqual(read("systolic"), [[-9, 122], [-4, 124], [1, 131], [6, 149], [11, 168], [16, 184]]);
  assert.deepEqual(read("diastolic"), [[-9, 76], [-4, 78], [1, 82], [6, 92], [11, 101], [16, 108]]);
});

test("a scale is fixed until a value would leave it", () => {
  const calm = drawRecord(record({ tracks: only({ heart_rate: trackOf([[0, 70]]) }) })).layout.main;
  const wild = drawRecord(record({ tracks: only({ heart_rate: trackOf([[0, 24], [1, 233]]) }) })).layout.main;
  assert.deepEqual([calm.low, calm.high, wild.low, wild.high], [30, 210, 20, 240]);
});

test("thin lines every 5 minutes and heavy ones every 15, on the clock's quarters, while there is room for the thin", () => {
  const upright = (shapes, layout, width) => shapes.filter((one) => one.is === "line" && one.x1 === one.x2 && one.y1 === layout.main.top && one.width === width).map((one) => Math.round(layout.ms(one.x1) / MINUTE));
  const { shapes, layout } = drawRecord(record());
  const [thin, heavy] = [upright(shapes, layout, 0.7), upright(shapes, layout, 1.4)];
  assert.deepEqual([thin.length, heavy.length], [8, 4]);
  assert.ok(heavy.every((minute) => minute % 15 === 0) && thin.every((minute) => minute % 5 === 0 && minute % 15 !== 0));
  const long = drawRecord(record({ window: [T0, at(1_200)] }));
  assert.equal(upright(long.shapes, long.layout, 0.7).length, 0);
});

test("of each vital sign and direction the limit of the highest priority is drawn, this patient's own one named so", () => {
  assert.deepEqual(limitsToDraw(limits).map((one) => [one.vital, one.direction, one.limit, one.isOwn]), [["systolic_bp", "high", 180, false], ["heart_rate", "low", 45, true], ["spo2", "low", 90, false]]);
  const deeper = { rule: "OX-H1", priority: "high", vital: "spo2", direction: "low", limit: 80, ordinary: 80 };
  for (const all of [[...limits, deeper], [deeper, ...limits]]) assert.equal(limitsToDraw(all).find((one) => one.vital === "spo2").limit, 90, "the one that a value meets first");
  const said = words(drawRecord(record()).shapes);
  for (const name of ["SBP limit ≥ 180", "HR limit < 45, own", "SpO2 limit < 90", "SBP baseline 123", "SpO2 baseline 97.5"]) assert.ok(said.includes(name), name);
});

test("doses: a bar for each rate with its rate, a bolus as a number at its minute, what was given below", () => {
  const { shapes, layout, hits } = drawRecord(record());
  const said = words(shapes);
  for (const name of ["0.875 mg/min", "5", "8.4 mg", "13.9 mg"]) assert.ok(said.includes(name), `${name} in ${said}`);
  const bolus = shapes.find((one) => one.is === "mark" && one.shape === "bolus");
  assert.equal(Math.round((layout.ms(bolus.x) - T0) / MINUTE), 2);
  assert.ok(hits.some((hit) => hit.words.endsWith("Infusion 0.5 mg/min, 09:49 to 09:51")));
});

test("alerts: a row for each priority, its shape where it was raised, thin where it was over and unanswered", () => {
  const { shapes, layout } = drawRecord(record());
  const placed = (shape) => shapes.filter((one) => one.is === "mark" && one.shape === shape).map((one) => Math.round(((layout.ms(one.x) - T0) / MINUTE) * 2) / 2);
  assert.deepEqual([placed("high"), placed("medium"), placed("technical")], [[16], [11], [12.5]]);
  assert.equal(new Set(["high", "medium", "technical"].map((tone) => layout.alerts.rows.get(tone))).size, 3);
  const tail = ofTone(shapes, "line", "--high").find((one) => one.dash);
  assert.deepEqual([tail.x1, tail.x2].map((x) => Math.round((layout.ms(x) - T0) / MINUTE)), [18, 20]);
});

test("start, pause and resume are named lines through every lane, notes and charted signs marks with words", () => {
  const { shapes, layout, hits } = drawRecord(record({ window: [at(-5), at(25)] }));
  const through = ofTone(shapes, "line", "--dose").filter((one) => one.y2 === layout.foot);
  assert.deepEqual(through.map((one) => Math.round((layout.ms(one.x1) - T0) / MINUTE)), [0, 10, 12]);
  for (const name of ["start 09:41", "pause 09:51"]) assert.ok(words(shapes).includes(name), name);
  assert.deepEqual(shapes.filter((one) => one.shape === "note").map((one) => one.isHollow), [false, true]);
  assert.ok(hits.some((hit) => hit.words === "09:50 · vega: sleepy, answers"));
});

test("what is computed says so, is never drawn in the colour of anything measured, and is absent without a model", () => {
  const { shapes } = drawRecord(record());
  assert.ok(words(shapes).includes("effect site, ng/ml: MODEL, not measured"));
  assert.ok(words(shapes).includes("pressure peak expected (model)"));
  const curves = shapes.filter((shape) => shape.is === "curve");
  assert.deepEqual(new Set(curves.map((shape) => shape.tone)), new Set(["--model"]));
  assert.ok(curves.every((shape) => shape.dash));
  assert.equal(drawRecord(record({ model: null })).shapes.some((shape) => shape.tone === "--model"), false);
});

test("the model's name covers nothing that was measured, and no other name", () => {
  const name = "effect site, ng/ml: MODEL, not measured";
  for (let rate = 40; rate <= 120; rate += 5) {
    const [flat, recorded] = [trackOf(Array.from({ length: 1_200 }, (_, i) => [i / 60, rate])), recordedTracks()];
    const { shapes } = drawRecord(record({ tracks: (name) => (name === "heart_rate" ? flat : recorded(name)), window: [at(-5), at(25)] }));
    const said = shapes.findIndex((shape) => shape.is === "text" && shape.words === name);
    const ground = shapes[said - 1];
    const [x, y, right, bottom] = [ground.x, ground.y, ground.x + ground.width, ground.y + ground.height];
    const others = shapes.filter((one, i) => i !== said - 1 && (one.tone !== "--panel" ? ["dots", "strokes"].includes(one.is) || (one.is === "mark" && ["systolic", "diastolic"].includes(one.shape)) : one.is === "box"));
    const covered = others.flatMap(spotsOf).filter(([a, b, top, end]) => b >= x && a <= right && end > y && top < bottom);
    assert.deepEqual(covered, [], `heart rate ${rate}`);
  }
});

test("nothing leaves the paper, whatever window and size", () => {
  for (const window of [[at(-15), at(45)], [at(3), at(4)], [at(13), at(13.5)], [at(-600), at(600)]]) {
    for (const size of [{ width: 328, height: 500 }, { width: 1_800, height: 900 }]) {
      const { shapes } = drawRecord(record({ window, size }));
      for (const shape of shapes) {
        const places = shape.points?.map(([x, y]) => [x, y]) ?? shape.spans?.flatMap(([x, a, b]) => [[x, a], [x, b]]) ?? [[shape.x ?? shape.x1, shape.y ?? shape.y1], [shape.x2 ?? (shape.x ?? 0) + (shape.is === "text" || shape.is === "mark" ? 0 : shape.width), shape.y2 ?? shape.y ?? 0]];
        for (const [x, y] of places) assert.ok(x >= -1 && x <= size.width + 1 && y >= -1 && y <= size.height + 1, JSON.stringify(shape));
      }
    }
  }
});

test("an empty session is empty paper", () => {
  const empty = { ...recorded, started_at_ms: null, phase: "planned", baselines: [] };
  const { shapes } = drawRecord(record({ session: empty, tracks: () => null, events: { bands: [], lines: [], rates: [], boluses: [], notes: [], alerts: [] }, limits: [], model: null }));
  assert.deepEqual(new Set(shapes.map((shape) => shape.is)), new Set(["line", "text", "box"]));
});

test("four hours at one value a second are drawn in a few milliseconds", () => {
  const stream = trackOf(Array.from({ length: 14_400 }, (_, i) => [i / 60, 70 + (i % 17)]));
  const cuffs = recordedTracks();
  const about = record({ tracks: (name) => (["heart_rate", "spo2", "respiratory_rate"].includes(name) ? stream : cuffs(name)), window: [T0, at(245)], nowMs: at(240) });
  for (let round = 0; round < 20; round += 1) drawRecord(about); // a screen draws it every second
  const spent = Array.from({ length: 15 }, () => {
    const began = performance.now();
    drawRecord(about);
    return performance.now() - began;
  });
  assert.ok(Math.min(...spent) < 20, `${Math.min(...spent)} ms`); // the fastest: this machine may be busy with others
});

test("the name of a level lies over no value, from the first one on", () => {
  for (const window of [[at(-5), at(25)], [T0, at(20)], [at(5), at(65)]]) {
    const { shapes } = drawRecord(record({ window }));
    const names = shapes.filter((shape) => shape.is === "text" && /[≥<] \d|baseline/i.test(shape.words));
    assert.ok(names.length > 0, "nothing was looked at");
    const points = shapes.filter((shape) => shape.is === "dots").flatMap((shape) => shape.points);
    for (const name of names) {
      const width = name.words.length * 11 * 0.56;
      const over = points.filter(([x, y]) => x > name.x && x < name.x + width && y > name.y - 9 && y < name.y + 2);
      assert.deepEqual(over, [], name.words);
    }
  }
});
