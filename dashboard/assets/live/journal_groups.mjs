// The journal as people read it: each time an alert stood is one item with its steps, what was charted at one instant is one, what devices
// said at one instant likewise, all else stands alone. Pure.

import { signOf } from "./alerts.mjs";

export const FILTERS = ["all", "alerts", "doses", "notes", "devices"];
const DOSES = ["phase_ordered", "rate_set", "bolus_given", "gates_judged", "baseline_set", "drug_drawn", "drug_wasted", "waste_witnessed"];
const NOTES = ["note_added", "observation_charted", "entry_voided", "patient_corrected", "signed_off"];
const DEVICES = ["device_announced", "device_bound", "device_unbound", "device_joined", "device_left"];
const TOGETHER = ["observation_charted", "device_announced"]; // what was charted, or said, at one instant
const RAISED = ["active", "acknowledged", "latched"];

/** Which filter an entry falls under, besides "all". */
export function categoryOf(entry) {
  if (entry.alert) return "alerts";
  if (DOSES.includes(entry.kind)) return "doses";
  if (DEVICES.includes(entry.kind)) return "devices";
  return NOTES.includes(entry.kind) ? "notes" : "other";
}

/**
 * Items, newest first by their first entry: {key, category, kind, atMs, steps, voided, alert}. `steps`: its entries, oldest first; `voided`:
 * the seq of all entries that were marked as made in error. `alert`, for an
 * alert: {id, title, tone, priority, mark, raisedMs or null, endMs or null, answered: the entry or null, state}. Entries in any order.
 */
export function itemsOf(entries) {
  const items = [];
  const alerts = new Map();
  const voided = new Set(entries.map((entry) => entry.voids));
  for (const entry of [...entries].sort((a, b) => a.seq - b.seq)) {
    const last = items.at(-1);
    if (entry.alert && (entry.step || alerts.has(entry.alert))) {
      const known = alerts.get(entry.alert) ?? begin(entry);
      if (!alerts.has(entry.alert)) items.push(known);
      alerts.set(entry.alert, known);
      known.steps.push(entry);
      follow(known.alert, entry);
    } else if (TOGETHER.includes(entry.kind) && last?.kind === entry.kind && last.atMs === entry.at_ms) last.steps.push(entry);
    else items.push({ key: `${entry.seq}`, category: categoryOf(entry), kind: entry.kind, atMs: entry.at_ms, steps: [entry], voided, alert: null });
  }
  return items.reverse();
}

function begin(entry) {
  const alert = { id: entry.alert, title: entry.step.title, ...signOf(entry.step), raisedMs: null, endMs: null, answered: null, state: entry.step.state };
  return { key: entry.alert, category: "alerts", kind: "alert", atMs: entry.at_ms, steps: [], alert };
}

function follow(alert, entry) {
  if (entry.kind === "alert_acknowledged") alert.answered = entry;
  if (!entry.step) return;
  Object.assign(alert, { ...signOf(entry.step), state: entry.step.state });
  if (RAISED.includes(alert.state)) alert.raisedMs ??= entry.at_ms;
  alert.endMs = ["resolved", "withdrawn"].includes(alert.state) ? entry.at_ms : null;
}

/** The words of a step of an alert without the alert's own name, which stands above it. */
export function stepWords(alert, entry) {
  const named = entry.text.startsWith(`${alert.id} `) ? entry.text.slice(alert.id.length + 1) : entry.text;
  return named.startsWith(`${alert.title} `) ? named.slice(alert.title.length + 1) : named;
}

/** Why an alert stood: what follows the colon of its first raising, or of its first step. */
export function reasonOf({ alert, steps }) {
  const first = steps.find((entry) => entry.step && RAISED.includes(entry.step.state)) ?? steps[0];
  const said = stepWords(alert, first);
  return said.includes(": ") ? said.slice(said.indexOf(": ") + 2) : said;
}
