// What the bound devices say beside their vital signs, as it may be shown: figures with their ages, states with since when. Pure.
//
// It is the devices' own word and no rule judges it. A figure is never shown as now past OLD_MS, and nothing is of a device that is away.

export const OLD_MS = 90_000;
const STANDBY = "standby";
const PRIORITIES = ["high", "medium", "low", null];

/**
 * [{device, isAway, isLast, figures: [{name, value, unit, text, ageMs, isOld}], states: [{name, priority, text, atMs}]}] of the devices that
 * said something. `isLast`: it was said, and nobody knows whether it holds now. `order`: the names that come first, in this order; the others
 * follow by name, so that nothing changes its place when it is said anew. Alarms come before states.
 */
export function saidBy(devices, order, nowMs, isLive) {
  return devices.filter((one) => one.says.length > 0).map(({ device, is_connected: isConnected, says }) => {
    const inOrder = [...says].sort((a, b) => placeOf(a.name, order) - placeOf(b.name, order) || (a.name < b.name ? -1 : 1));
    return { device, isAway: !isConnected, isLast: !isConnected || !isLive, figures: inOrder.filter((one) => !one.is_state).map((one) => figure(one, nowMs)), states: inOrder.filter((one) => one.is_state).sort(byPriority).map(state) };
  });
}

const byPriority = (a, b) => PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority); // which the device gave them

function placeOf(name, order) {
  const place = order.indexOf(name);
  return place < 0 ? order.length : place;
}

function figure({ name, value, unit, text, at_ms: atMs }, nowMs) {
  const ageMs = Math.max(0, nowMs - atMs);
  return { name, value, unit, text, ageMs, isOld: ageMs > OLD_MS };
}

const state = ({ name, priority, text, at_ms: atMs }) => ({ name, priority, text, atMs });

/** The label of a name: the catalogue's, else as the device wrote it. A name is the device's to choose, also "constructor". */
export const labelOf = (name, labels) => (Object.hasOwn(labels, name) ? labels[name] : name);

/** A state in words: the label of a known one with what the device adds, else the device's own words, else its name. */
export function stateText({ name, text }, labels) {
  if (!Object.hasOwn(labels, name)) return text ?? name;
  return text === null || text === name ? labels[name] : `${labels[name]}: ${text}`;
}

/** Names of the connected devices that say they are in standby: they measure nothing until somebody ends it. */
export const inStandby = (devices) => devices.filter((one) => one.is_connected && one.says.some((said) => said.is_state && said.name === STANDBY)).map((one) => one.device);
