// The presets of an order and the schedule of what falls due, asked for once a page load. Until they are there nothing is offered.

import { get } from "./rest.mjs";

let known = null;
let asking = null;

/** {preset, due}; empty lists until the monitor has answered. */
export function protocols() {
  if (known === null && asking === null) {
    asking = get("/protocols").then((answer) => {
      asking = null;
      if (answer.ok) known = answer.body;
    });
  }
  return known ?? { preset: [], due: [] };
}

/** Done once the monitor has answered, well or not; whether they are known now. */
export async function loaded() {
  protocols();
  await asking;
  return known !== null;
}

/** The preset that a session was opened with; null where there is none. */
export function presetOf(session) {
  return protocols().preset.find((one) => one.id === session.indication) ?? null;
}
