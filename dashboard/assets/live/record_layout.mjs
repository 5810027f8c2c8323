// Where the parts of the record lie: doses on top, alerts, the grid of pressures and rates, SpO2 and breathing below, the time at the foot. Pure.

export const MINUTE_MS = 60_000;
const SCALES = {
  main: { low: 30, high: 210, step: 10, label: 20 },
  spo2: { low: 84, high: 100, step: 4, label: 4, over: 1 },
  rr: { low: 0, high: 32, step: 8, label: 8 },
  co2: { low: 0, high: 60, step: 20, label: 20 },
};
export const RATES = ["heart_rate", "pulse_rate"];
const ALERT_ROW = 13;
const TONES = ["high", "medium", "low", "technical"];
const NARROW = 520;

/**
 * {width, height, left, right, from, until, x(ms), ms(x), dose, alerts, main, spo2, rr, foot, isNarrow}. A lane is {top, bottom}; those with a
 * scale have y(value), low, high, step, label. A scale is fixed, and widened only by values that would fall outside it.
 */
export function layoutOf({ window: [from, until], size: { width, height }, tracks, tones, hasCo2 }) {
  const isNarrow = width < NARROW;
  const [left, right] = [isNarrow ? 30 : 40, width - (isNarrow ? 30 : 46)];
  const x = (ms) => left + ((ms - from) / (until - from)) * (right - left);
  const ms = (at) => from + ((at - left) / (right - left)) * (until - from);
  const rows = TONES.filter((tone) => tones.has(tone));
  const alertsTop = 44;
  const mainTop = alertsTop + Math.max(1, rows.length) * ALERT_ROW + 20;
  const foot = height - 34;
  const room = foot - mainTop;
  const [rrHigh, spo2High] = [Math.max(34, room * 0.15), Math.max(44, room * 0.19)];
  const rrTop = foot - rrHigh;
  const spo2Top = rrTop - 8 - spo2High;
  const lane = (name, top, bottom, vitals) => ({ top, bottom, ...scaled(SCALES[name], top, bottom, vitals.map(tracks)) });
  return {
    ...{ width, height, left, right, from, until, x, ms, foot, isNarrow },
    dose: { top: 4, bottom: 38, bar: 20 },
    alerts: { top: alertsTop, rows: new Map(rows.map((tone, i) => [tone, alertsTop + (i + 0.5) * ALERT_ROW])), bottom: mainTop - 20 },
    main: lane("main", mainTop, spo2Top - 8, [...RATES, "systolic_bp", "diastolic_bp"]),
    spo2: lane("spo2", spo2Top, rrTop - 8, ["spo2"]),
    rr: lane("rr", rrTop, foot, ["respiratory_rate"]),
    co2: hasCo2 ? lane("co2", rrTop, foot, ["etco2"]) : null,
  };
}

function scaled(scale, top, bottom, tracks) {
  let [low, high] = [scale.low, scale.high];
  for (const track of tracks) {
    for (const value of track?.value ?? []) {
      if (value === null) continue;
      if (value < low) low = Math.floor(value / scale.step) * scale.step;
      if (value > high) high = Math.ceil(value / scale.step) * scale.step;
    }
  }
  const [from, to] = [low, high + (scale.over ?? 0)];
  return { low, high, step: scale.step, label: scale.label, y: (value) => bottom - ((value - from) / (to - from)) * (bottom - top) };
}

/** Index of the first point at or after `atMs`. */
export function firstFrom(track, atMs) {
  let [low, high] = [0, track.at.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (track.at[middle] < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
