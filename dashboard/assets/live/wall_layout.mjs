// How the tiles of a ward share the screen: how many columns, how tall, how much each tile says. Pure.
//
// A density is what a tile can hold, in CSS pixels at the ordinary type size. Alert, values with their ages, phase and next cuff are in all
// of them; "compact" drops what explains them, "row" the drawing and the dose.

export const DENSITIES = {
  full: { width: 330, height: 250, gap: 16 },
  compact: { width: 262, height: 152, gap: 10 },
  row: { width: 212, height: 52, gap: 4 },
};
export const MOST_COLUMNS = 8;
const HANDHELD_PX = 720; // a screen this narrow is held in a hand and scrolled: nothing gets smaller than compact there

/**
 * {columns, density, tileHeight, fits} for `count` tiles in `width` x `height` px. The density is the fullest in which all tiles fit; of
 * the ways to lay them out in it, the one with the largest tiles. `columns` null: chosen here; else 1 to 5, and kept. `scale`: type size
 * against the ordinary one; rows keep the ordinary, so that as many fit. Where nothing fits, tiles keep their least height and the page scrolls.
 */
export function layOut({ count, width, height, columns = null, scale = 1 }) {
  const names = width < HANDHELD_PX ? ["full", "compact"] : Object.keys(DENSITIES);
  for (const density of names) {
    const best = bestIn(density, { count, width, height, columns, scale: density === "row" ? 1 : scale });
    if (best !== null) return best;
  }
  return scrolled(names.at(-1), { width, columns, scale });
}

function bestIn(density, { count, width, height, columns, scale }) {
  const need = DENSITIES[density];
  let best = null;
  for (const one of columns === null ? range(Math.min(MOST_COLUMNS, Math.max(1, count))) : [columns]) {
    const rows = Math.ceil(count / one);
    const tile = { width: (width - (one - 1) * need.gap) / one, height: (height - (rows - 1) * need.gap) / rows };
    const room = Math.min(tile.width / need.width, tile.height / need.height);
    const isWide = columns !== null || tile.width >= need.width * scale; // columns that a person chose stand, however narrow
    if (isWide && tile.height >= need.height * scale && room > (best?.room ?? 0) + 1e-9) best = { columns: one, density, tileHeight: Math.floor(tile.height), fits: true, room };
  }
  if (best === null) return null;
  const { room, ...found } = best;
  return found;
}

function scrolled(density, { width, columns, scale }) {
  const need = DENSITIES[density];
  const most = Math.max(1, Math.floor((width + need.gap) / (need.width * scale + need.gap)));
  return { columns: columns ?? Math.min(most, MOST_COLUMNS), density, tileHeight: Math.ceil(need.height * scale * 1.05), fits: false };
}

const range = (most) => Array.from({ length: most }, (_, i) => i + 1);
