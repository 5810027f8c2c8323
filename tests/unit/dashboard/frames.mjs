// Builders of stream frames (schemas/stream_wire.py) for the tests of the reducer.

export const T0 = 1_795_340_467_000;

export const hello = (changes = {}) => ({ type: "hello", protocol: 1, stream: "one", now_ms: T0, clock_speed: 1, version: "t", site_zone: "UTC", user: "v", role: "clinician", ...changes });

export const vital = (name, value, changes = {}) => ({
  vital: name,
  value,
  validity: value === null ? "invalid" : "valid",
  reason: "none",
  measured_at_ms: T0,
  received_at_ms: T0,
  age_ms: 0,
  current_for_ms: 5_000,
  gone_after_ms: 60_000,
  device: "d",
  ...changes,
});

export const alert = (id, priority, state, changes = {}) => ({
  id,
  rule: id,
  cause: id,
  title: id,
  reason: `${id} because`,
  kind: "physiological",
  priority,
  state,
  vital: null,
  since_ms: T0,
  raised_at_ms: state === "pending" ? null : T0,
  acknowledged_at_ms: null,
  acknowledged_by: null,
  escalation: 0,
  shown_at_ms: null,
  ...changes,
});

export const presented = (id, also = [], changes = {}) => ({ alert: id, also, is_flashing: true, sound: true, ...changes });

export const session = (id, changes = {}) => ({
  id,
  room: "1",
  patient: { label: "A.B.", birth_year: 1980, weight_g: 70_000 },
  order: { dose_ug: 35_000, duration_ms: 2_400_000, treatment: "ketamine_iv" },
  phase: "infusing",
  phase_since_ms: T0,
  created_at_ms: T0 - 900_000,
  started_at_ms: T0,
  stopped_at_ms: null,
  rate_ug_per_min: 875,
  given_ug: 0,
  given_at_ms: T0,
  mode: "real",
  devices: [],
  vitals: [],
  baselines: [],
  alerts: [],
  cuff_interval_ms: 300_000,
  last_seq: 1,
  presented: [],
  audio_paused_until_ms: null,
  audio_paused_by: null,
  observations: [],
  own_limits: [],
  ...changes,
});

export const system = { recording_impaired: null, refused: 0, unbound: [], viewers: 1, watching: 1 };

export const snapshot = (position, sessions = [], changes = {}) => ({ type: "snapshot", position, now_ms: T0, sessions, journal: [], system, ...changes });

export const update = (position, changes = {}) => ({ type: "update", position, now_ms: T0, ...changes });

export const heartbeat = (position, now_ms = T0) => ({ type: "heartbeat", position, now_ms });

/** Freeze a value in depth, so that a reducer that changes its input fails. */
export function frozen(value) {
  if (value && typeof value === "object") Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}
