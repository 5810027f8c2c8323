// The tiles of the ward: as many columns and as much in each tile as let all rooms be seen at once, in an order that holds still under a finger.

import { el, keyed, setAttribute } from "./dom.mjs";
import { rowTile } from "./row_tile.mjs";
import { tile } from "./tiles.mjs";
import { arrange, heldOrder, isHeld } from "./wall_order.mjs";
import { DENSITIES, layOut } from "./wall_layout.mjs";

/** {node, put(sessions, view, {columns, order}), putValues(view), tileOf(id), selected(), end()}; `put` returns {shown, density, isHeld}; `putValues` draws `view.changed` alone. */
export function wall() {
  const node = el("div.wall", { id: "wall" });
  const tiles = new Map();
  const around = surroundings(node);
  const attention = attentionOn(node);
  let ids = [];
  let density = null;
  let laidOut = null; // for what the layout was made

  function fit(count, columns) {
    const wanted = { count, columns, ...around.size() };
    if (laidOut !== null && Object.keys(wanted).every((key) => wanted[key] === laidOut[key])) return;
    laidOut = wanted;
    const found = layOut(wanted);
    if (found.density !== density) empty();
    density = found.density;
    setAttribute(node, "data-density", density);
    setAttribute(node, "data-fits", String(found.fits));
    for (const [name, value] of [["columns", found.columns], ["tile", `${found.tileHeight}px`], ["gap", `${DENSITIES[density].gap}px`]]) node.style.setProperty(`--${name}`, value);
  }

  /** At once, and not with the next draw: nothing may stand cut short meanwhile. */
  function refit() {
    if (laidOut !== null) fit(laidOut.count, laidOut.columns);
  }
  addEventListener("resize", refit); // after that of `around`, which forgets the old size

  function empty() {
    for (const part of tiles.values()) part.end();
    tiles.clear();
    node.replaceChildren();
  }

  return {
    node,
    put(sessions, view, { columns, order }) {
      const shown = arrange(sessions, order);
      fit(shown.length, columns);
      const wanted = shown.map((session) => session.id);
      const held = heldOrder(wanted, ids);
      const isMoving = held.some((id, i) => id !== wanted[i]);
      const isWaiting = isMoving && isHeld({ at: view.at, ...attention.now() });
      ids = isWaiting ? held : wanted;
      keepFocus(node, () => keyed(node, tiles, ids, density === "row" ? rowTile : tile));
      for (const session of shown) tiles.get(session.id).put(session, view, density);
      return { shown, density, isHeld: isWaiting };
    },
    putValues(view) {
      for (const id of view.changed) tiles.get(id)?.put(view.state.sessions[id], view, density);
    },
    tileOf: (id) => tiles.get(id),
    selected: () => [...tiles.values()].find((one) => one.node.contains(document.activeElement)),
    end() {
      removeEventListener("resize", refit);
      around.end();
      for (const part of tiles.values()) part.end();
    },
  };
}

/** A tile that changes its place keeps the focus that it had. */
function keepFocus(node, move) {
  const focused = node.contains(document.activeElement) ? document.activeElement : null;
  move();
  if (focused !== null && focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
}

/** When a pointer last moved over the wall, and since when the focus is inside it. */
function attentionOn(node) {
  let pointedAt = null;
  let focusedAt = null;
  for (const kind of ["pointermove", "pointerdown"]) node.addEventListener(kind, () => (pointedAt = performance.now()), { passive: true });
  node.addEventListener("pointerleave", () => (pointedAt = null));
  node.addEventListener("focusin", () => (focusedAt = performance.now()));
  node.addEventListener("focusout", () => (focusedAt = null));
  return { now: () => ({ pointedAt, focusedAt }) };
}

/** How much of the window is left for the tiles. Measured only after something around them changed its size. */
function surroundings(node) {
  let size = null;
  const forget = () => (size = null);
  const watched = new ResizeObserver(forget);
  const parts = () => [document.getElementById("about"), document.querySelector(".part-header"), node.parentElement, ...(node.parentElement?.children ?? [])];
  let isWatching = false;
  addEventListener("resize", forget);
  return {
    size() {
      if (!isWatching && node.isConnected) {
        for (const part of parts()) if (part && part !== node) watched.observe(part);
        isWatching = true;
      }
      size ??= measure(node);
      return size;
    },
    end() {
      watched.disconnect();
      removeEventListener("resize", forget);
    },
  };
}

function measure(node) {
  const style = getComputedStyle(node.parentElement);
  const top = node.getBoundingClientRect().top + scrollY;
  const below = parseFloat(style.paddingBottom) + (document.getElementById("about")?.offsetHeight ?? 0);
  const scale = parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--scale")) || 1;
  const width = node.parentElement.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return { width, height: Math.floor(innerHeight - top - below), scale };
}
