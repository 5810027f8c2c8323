// The values nearest to an instant, in words. Pure but for the catalogue.

import { hourMinute, number } from "./format.mjs";
import { say, vitals, words } from "./words.mjs";

const NEAR_MS = 10_000;
const CUFF_NEAR_MS = 180_000;

/** "10:31 · HR 84 · SpO2 97 · RR 15 · 148/92 at 10:30". */
export function pointWords(tracks, rateVital, atMs, zone) {
  const streams = [rateVital, "spo2", "respiratory_rate", "etco2"].map((vital) => [vital, nearest(tracks(vital), atMs, NEAR_MS)]);
  const parts = streams.filter(([, found]) => found).map(([vital, found]) => `${vitals[vital].label} ${found.value}`);
  const [sys, dia] = ["systolic_bp", "diastolic_bp"].map((vital) => nearest(tracks(vital), atMs, CUFF_NEAR_MS));
  if (sys && dia) parts.push(say(words.record.cuff_at, { value: `${sys.value}/${dia.value}`, time: hourMinute(sys.at, zone) }));
  return [hourMinute(atMs, zone), ...parts].join(" · ");
}

function nearest(track, atMs, withinMs) {
  if (!track?.at.length) return null;
  let best = 0;
  for (let i = 1; i < track.at.length; i += 1) if (Math.abs(track.at[i] - atMs) < Math.abs(track.at[best] - atMs)) best = i;
  return Math.abs(track.at[best] - atMs) <= withinMs && track.value[best] !== null ? { at: track.at[best], value: number(track.value[best]) } : null;
}
