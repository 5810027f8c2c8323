// What devices say beside their vital signs: never as now when it is old or its device is away, and in the device's own words where it has some.

import assert from "node:assert/strict";
import { test } from "node:test";

import { inStandby, labelOf, OLD_MS, saidBy, stateText } from "../../../dashboard/assets/live/said.mjs";
import { T0 } from "./frames.mjs";

const said = (name, changes = {}) => ({ at_ms: T0, is_state: false, name, priority: null, text: null, unit: "mL/h", value: 12.5, ...changes });
const state = (name, changes = {}) => said(name, { is_state: true, unit: "", value: null, ...changes });
const device = (says, changes = {}) => ({ device: "pump-1", mode: "real", source: "pump", is_connected: true, says, ...changes });
const ORDER = ["drug", "infusion_rate_set", "infusion_rate"];
const only = (devices, nowMs = T0, isLive = true) => saidBy(devices, ORDER, nowMs, isLive)[0];

test("a device that says nothing is not there at all", () => {
  assert.deepEqual(saidBy([device([]), device([], { is_connected: false })], ORDER, T0, true), []);
});

test("a figure is old past its time, to the millisecond, and one from ahead of this clock is new", () => {
  const at = (ms) => only([device([said("infusion_rate")])], T0 + ms).figures[0];
  assert.deepEqual([at(-3_000).ageMs, at(-3_000).isOld], [0, false]);
  assert.deepEqual([at(OLD_MS).isOld, at(OLD_MS + 1).isOld], [false, true]);
});

test("each figure ages by itself: one that is said anew makes no other one new", () => {
  const { figures } = only([device([said("infusion_rate_set"), said("infusion_rate", { at_ms: T0 + 200_000 })])], T0 + 201_000);
  assert.deepEqual(figures.map((one) => [one.name, one.isOld]), [["infusion_rate_set", true], ["infusion_rate", false]]);
});

test("a state stands as long as it stands and never is old", () => {
  const { states, figures } = only([device([state("battery_low")])], T0 + 3_600_000);
  assert.deepEqual(states, [{ name: "battery_low", priority: null, text: null, atMs: T0 }]);
  assert.deepEqual(figures, []);
});

test("of a device that is away, and on a screen that is not live, everything is what was said last", () => {
  const says = [said("infusion_rate")];
  assert.deepEqual([true, false].map((isLive) => only([device(says)], T0, isLive).isLast), [false, true]);
  const away = only([device(says, { is_connected: false })]);
  assert.deepEqual([away.isLast, away.isAway], [true, true]);
});

test("what is said anew keeps its place: known names as they are listed, the others by name", () => {
  const names = ["zeta", "infusion_rate", "alpha", "drug"];
  for (const order of [names, [...names].reverse()]) {
    assert.deepEqual(only([device(order.map((name) => said(name)))]).figures.map((one) => one.name), ["drug", "infusion_rate", "alpha", "zeta"]);
  }
});

test("a device's alarms come before its states, by the priority that it gives them", () => {
  const says = [state("infusion_rate"), state("b", { priority: "low" }), state("c", { priority: "high" }), state("a", { priority: "low" })];
  assert.deepEqual(only([device(says)]).states.map((one) => one.name), ["c", "a", "b", "infusion_rate"]);
});

test("a known name has its label, an unknown one stands as the device wrote it, whatever it is", () => {
  const labels = { standby: "in standby" };
  assert.equal(labelOf("standby", labels), "in standby");
  for (const name of ["constructor", "__proto__", "toString", "<img src=x>"]) {
    assert.equal(labelOf(name, labels), name);
    assert.equal(stateText({ name, text: null }, labels), name);
  }
});

test("a state is told by its label and what the device adds, or by the device's words alone", () => {
  const labels = { standby: "in standby" };
  assert.equal(stateText({ name: "standby", text: null }, labels), "in standby");
  assert.equal(stateText({ name: "standby", text: "standby" }, labels), "in standby");
  assert.equal(stateText({ name: "standby", text: "private mode" }, labels), "in standby: private mode");
  assert.equal(stateText({ name: "11:INA2", text: "syringe empty" }, labels), "syringe empty");
});

test("in standby is who is connected and says so, as a state and not as a figure", () => {
  const devices = [
    device([state("standby")], { device: "a" }),
    device([state("standby")], { device: "b", is_connected: false }),
    device([said("standby")], { device: "c" }),
    device([state("battery_low")], { device: "d" }),
    device([], { device: "e" }),
  ];
  assert.deepEqual(inStandby(devices), ["a"]);
});
