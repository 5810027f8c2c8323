import assert from "node:assert/strict";
import { test } from "node:test";

import { schedule } from "../../../dashboard/assets/live/pulses.mjs";
import { flashAt, FLASH_NEAR_MS, flashNear, lengthOf, PULSE_S, SIGNALS } from "../../../dashboard/assets/live/signals.mjs";

/** An AudioContext that plays nothing and notes what was written into its time. */
function paper(currentTime) {
  const noted = { starts: [], rises: [], level: [], wave: null };
  const gain = {
    value: 1,
    setValueAtTime: (value, at) => noted.level.push([value, at]),
    linearRampToValueAtTime: (value, at) => noted.level.push([value, at]),
  };
  const tone = { frequency: {}, setPeriodicWave() {}, connect: (next) => next, start: (at) => noted.starts.push(at), stop: (at) => (noted.stop = at) };
  return { noted, tone, gain, currentTime, destination: {}, createOscillator: () => tone, createGain: () => ({ gain, connect: (next) => next }), createPeriodicWave: () => ({}) };
}

/** Starts and ends of the pulses as the level tells them, from the start of the tone. */
function pulses(noted) {
  const ups = noted.level.filter(([value, at], i) => value === 0 && noted.level[i + 1]?.[0] > 0 && noted.level[i + 1][1] > at).map(([, at]) => at);
  const downs = noted.level.filter(([value], i) => value === 0 && noted.level[i - 1]?.[0] > 0).map(([, at]) => at);
  return ups.map((at, i) => [at - noted.starts[0], downs[i] - at]);
}

test("F4: what is high flashes at 1.4 to 2.8 Hz, medium at 0.4 to 0.8 Hz, low not at all, and nothing three times a second", () => {
  assert.ok(SIGNALS.high.flashHz >= 1.4 && SIGNALS.high.flashHz <= 2.8);
  assert.ok(SIGNALS.medium.flashHz >= 0.4 && SIGNALS.medium.flashHz <= 0.8);
  assert.equal(SIGNALS.low.flashHz, 0);
  assert.ok(Math.max(...Object.values(SIGNALS).map((signal) => signal.flashHz)) < 3);
});

test("F4: each flashes at its rate whenever it is looked at, bright as long as dark, and nothing is missed until the next change", () => {
  const seen = { high: [], medium: [] };
  let at = 0;
  while (at < 20_000) {
    const { dark, until } = flashAt(at);
    assert.ok(until > at);
    assert.deepEqual(flashAt(until - 0.001).dark, dark, "nothing changes before it");
    assert.notDeepEqual(flashAt(until).dark, dark);
    for (const name of Object.keys(seen)) if (dark.includes(name)) seen[name].push([at, until]);
    assert.ok(!dark.includes("low"));
    at = until;
  }
  for (const [name, spans] of Object.entries(seen)) {
    assert.equal(spans.reduce((sum, [from, until]) => sum + until - from, 0), 10_000, `${name}: dark half of the time`);
    const begins = spans.filter(([from], i) => i === 0 || spans[i - 1][1] !== from);
    assert.equal(begins.length / 20, SIGNALS[name].flashHz, name);
  }
});

/** When the mark of `name` turned in 20 s, and which turns were not of a drawing's making; the screen draws at `draws`. */
function turns(name, draws) {
  const [at, alone] = [[], []];
  let [isDark, again, next] = [false, 0, 0];
  while (Math.min(again, draws[next] ?? Infinity) < 20_000) {
    const isAlone = again < (draws[next] ?? Infinity);
    const now = isAlone ? again : draws[next++];
    const { dark, again: then } = flashNear(now);
    again = then;
    if (dark.includes(name) === isDark) continue;
    isDark = !isDark;
    at.push(now);
    if (isAlone) alone.push(now);
  }
  return { at, alone };
}

test("F4: the flash turns with a drawing that is near, and alone where none is, never early or late by more", () => {
  let seed = 7;
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  for (const least of [1, 60, 150, 400, 5_000]) {
    for (let round = 0; round < 50; round++) {
      const draws = [];
      for (let at = random() * least; at < 20_000; at += least * (1 + random())) draws.push(at);
      for (const [name, half] of [["high", 250], ["medium", 1_000]]) {
        const { at } = turns(name, draws);
        const due = at.map((_, i) => (i + 1) * half);
        at.forEach((turn, i) => assert.ok(Math.abs(turn - due[i]) <= FLASH_NEAR_MS + 1e-6, `${name}: ${turn}, due ${due[i]}`));
        assert.ok(Math.abs(at.length - 20_000 / half) <= 1, "none is left out");
      }
    }
  }
});

test("where values come at their pace no turn costs a picture of its own; without any every one does", () => {
  for (const pace of [100, 125, 150]) {
    for (let from = 0; from < pace; from += 7) {
      const draws = Array.from({ length: 200 }, (_, i) => from + i * pace);
      assert.deepEqual(turns("high", draws).alone, []);
    }
  }
  assert.equal(turns("high", []).alone.length, 79);
});

test("a high alert pulses 5 and 5 times every 10 s, a medium one 3 times, a low one once", () => {
  assert.deepEqual(["high", "medium", "low"].map((name) => SIGNALS[name].starts.length), [10, 3, 1]);
  assert.equal(SIGNALS.high.every, 10);
  const { starts } = SIGNALS.high;
  const pauses = starts.slice(1).map((start, i) => start - starts[i]);
  assert.equal(pauses.indexOf(Math.max(...pauses)), 4, "the longest pause parts the two groups of five");
  assert.deepEqual(starts.slice(5).map((start) => start - starts[5]), starts.slice(0, 5), "the second group is the first again");
});

test("a higher priority calls more often, with more pulses, at a higher pitch", () => {
  const [high, medium, low] = ["high", "medium", "low"].map((name) => SIGNALS[name]);
  for (const [more, less] of [[high, medium], [medium, low]]) assert.ok(more.every < less.every && more.starts.length > less.starts.length && more.hz > less.hz);
  for (const signal of [high, medium, low]) assert.ok(lengthOf(signal) < signal.every, "a burst ends before the next");
});

test("every pulse is written into the context's own time, where the table says and as long as it says", () => {
  for (const [name, signal] of Object.entries(SIGNALS)) {
    const context = paper(17);
    schedule(context, signal);
    const { noted } = context;
    assert.ok(noted.starts[0] >= 17 && noted.starts[0] < 17.2, "at once, and not in the past");
    assert.equal(context.tone.frequency.value, signal.hz);
    assert.equal(context.gain.value, 0, "silent until its first pulse");
    const found = pulses(noted);
    assert.equal(found.length, signal.starts.length, name);
    found.forEach(([start, length], i) => {
      assert.ok(Math.abs(start - signal.starts[i]) < 1e-9, `${name} ${i}: ${start}`);
      assert.ok(Math.abs(length - PULSE_S) < 1e-9, `${name} ${i}: ${length}`);
    });
    assert.ok(noted.stop >= noted.starts[0] + lengthOf(signal));
  }
});
