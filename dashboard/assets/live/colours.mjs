// Colours of the style sheet for what is drawn on a canvas. Read once per theme.

const cache = new Map();
addEventListener("themechange", () => cache.clear()); // theme.js

/** The value of a custom property of the root, e.g. colour("--hr"). */
export function colour(name) {
  if (!cache.has(name)) cache.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
  return cache.get(name);
}
