// What a number may look like at its age. Pure.
//
// looks: "current" (may be trusted), "aged" (a cuff value past one interval: grey), "lost" (dashes; the last value small, struck through),
// "none" (never measured). Nothing looks current while the feed is not live.

/** Age in ms of a value at monitor time `nowMs`. */
export function ageOf(vital, nowMs) {
  return Math.max(0, nowMs - vital.born_ms);
}

/**
 * {look, value, last, ageMs, isQuestionable, reason} of one vital sign.
 * A clock that runs `speed` times as fast passes `speed` seconds between two frames a second apart: that much is no silence.
 */
export function lookOf(vital, nowMs, { isCuff, isLive, speed = 1 }) {
  if (!vital) return { look: "none", value: null, last: null, ageMs: null, isQuestionable: false, reason: "none" };
  const ageMs = ageOf(vital, nowMs);
  const slackMs = Math.max(0, speed - 1) * 1000;
  const known = { value: vital.value, last: vital.value, ageMs, isQuestionable: vital.validity === "questionable", reason: vital.reason };
  if (vital.value === null || vital.validity === "invalid") return { ...known, look: "lost", value: null, last: null };
  if (isLive && ageMs <= vital.current_for_ms + slackMs) return { ...known, look: "current" };
  if (isCuff && ageMs <= vital.gone_after_ms + slackMs) return { ...known, look: "aged" };
  return { ...known, look: "lost", value: null };
}

/** Systolic and diastolic as one: as good as the worse of the two. */
export function pressureLook(vitals, nowMs, context) {
  const options = { ...context, isCuff: true };
  const [sys, dia, map] = ["systolic_bp", "diastolic_bp", "mean_bp"].map((name) => lookOf(vitals[name], nowMs, options));
  const order = ["current", "aged", "lost", "none"];
  const worse = order.indexOf(dia.look) > order.indexOf(sys.look) ? dia : sys;
  const hasLast = sys.last !== null && dia.last !== null;
  return { ...worse, sys, dia, map, last: hasLast ? [sys.last, dia.last] : null, value: worse.value === null ? null : [sys.value, dia.value] };
}

/** The rate to show: heart rate (ECG) if current, else pulse rate if current, else whichever was ever measured. */
export function rateVital(vitals, nowMs, context) {
  const options = { ...context, isCuff: false };
  const looks = ["heart_rate", "pulse_rate"].map((name) => [name, lookOf(vitals[name], nowMs, options)]);
  const best = looks.find(([, look]) => look.look === "current") ?? looks.find(([, look]) => look.look !== "none") ?? looks[0];
  return { vital: best[0], look: best[1] };
}
