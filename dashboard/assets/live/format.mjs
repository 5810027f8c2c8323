// Numbers and times as text. Pure.

const MINUS = "\u2212";

/** 85 -> "85", 97.5 -> "97.5": never more than one decimal. */
export function number(value) {
  return Number.isInteger(value) ? String(value) : value.toFixed(1).replace(/\.0$/, "");
}

/** A change with its sign: 47 -> "+47", -3 -> "−3", 0 -> "±0". */
export function signed(value) {
  if (value === 0) return "±0";
  return (value > 0 ? "+" : MINUS) + number(Math.abs(value));
}

/** Micrograms as milligrams with one decimal. */
export function mg(ug) {
  return (ug / 1000).toFixed(1);
}

/** A rate in micrograms a minute as mg/min, three decimals at most. */
export function rate(ugPerMin) {
  return String(Math.round(ugPerMin) / 1000);
}

/** Reasons as people read them: the record writes >= and <=. */
export function readable(text) {
  return text.replaceAll(">=", "≥").replaceAll("<=", "≤");
}

const two = (part) => String(part).padStart(2, "0");

/** A running clock: 0:07, 24:12, 1:04:09. Never negative. */
export function clock(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const [h, m, rest] = [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60];
  return h ? `${h}:${two(m)}:${two(rest)}` : `${m}:${two(rest)}`;
}

/** A clock for a glance across a ward: it steps by ten seconds, from two minutes down by one: 4:10, 4:00, ... 2:00, 1:59. */
export function calmClock(ms) {
  return clock(ms < 120_000 ? ms : ms - (ms % 10_000));
}

/** An age in words that fit under a number: 12 s, 2:31 min, 1 h 04 min. */
export function age(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)}:${two(s % 60)} min`;
  return `${Math.floor(s / 3600)} h ${two(Math.floor(s / 60) % 60)} min`;
}

/** An age where there is no room for words: 12 s, 2:31, 1:04 h. */
export function shortAge(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} s`;
  return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)} h`;
}

const formats = new Map(); // one per zone and style: at most three for the one zone of a site
const STYLES = { minutes: {}, seconds: { second: "2-digit" }, name: { timeZoneName: "short" } };

function zoned(zone, style) {
  const key = `${zone} ${style}`;
  if (!formats.has(key)) {
    formats.set(key, new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...STYLES[style] }));
  }
  return formats.get(key);
}

/** 10:41:07 in the site's zone. */
export function timeOfDay(atMs, zone) {
  return zoned(zone, "seconds").format(atMs);
}

/** 10:41 in the site's zone. */
export function hourMinute(atMs, zone) {
  return zoned(zone, "minutes").format(atMs);
}

/** 2026-11-22 10:41:07 UTC. */
export function utc(atMs) {
  return `${new Date(atMs).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** The zone's short name at that instant, e.g. CET or GMT+5:30. */
export function zoneName(atMs, zone) {
  return zoned(zone, "name").formatToParts(atMs).find((part) => part.type === "timeZoneName").value;
}
