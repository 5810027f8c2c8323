// What a tab shows of itself while another one is looked at: title and icon carry the worst alert's shape and how many there are. Pure.

import { words } from "./words.mjs";

const MARKS = [["high", "▲"], ["medium", "◆"], ["low", "●"], ["technical", "■"]];
const COLOURS = { high: ["#d3272b", "#fff"], medium: ["#ffd23f", "#201800"], low: ["#123b42", "#8cecf7"], technical: ["#1b2c4a", "#c4daff"], lost: ["#9cc0ff", "#0a0e13"] };
const SHAPES = { high: "M16 1 31.5 31H.5Z", medium: "M16 0 32 16 16 32 0 16Z", low: "M16 1a15 15 0 1 1 0 30A15 15 0 0 1 16 1Z", technical: "M1 1h30v30H1Z", lost: "M1 1h30v30H1Z" };

/** "▲2 ◆1 · Ward · Infusion Monitor", or "NOT LIVE" in the place of the alerts. `found`: counts by tone. */
export function tabTitle(isLive, found, page) {
  const alerts = MARKS.filter(([tone]) => found[tone]).map(([tone, mark]) => `${mark}${found[tone]}`).join(" ");
  return [isLive ? alerts : words.not_live.title, page, words.title].filter(Boolean).join(" · ");
}

/** Address of the icon: the shape of the worst with its count (9 at most), a barred square while not live, null for the ordinary one. */
export function tabIcon(isLive, found) {
  const worst = isLive ? MARKS.map(([tone]) => tone).find((tone) => found[tone]) : "lost";
  if (worst === undefined) return null;
  const [fill, ink] = COLOURS[worst];
  const text = worst === "lost" ? "!" : String(Math.min(9, found[worst]));
  const label = `<text x="16" y="${worst === "high" ? 28 : 23}" font-family="sans-serif" font-size="20" font-weight="700" text-anchor="middle" fill="${ink}">${text}</text>`;
  return `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="${fill}" d="${SHAPES[worst]}"/>${label}</svg>`)}`;
}
