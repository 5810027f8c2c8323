// Places of the record that have words: which of them a pointer cannot tell apart. Pure.

const NEAR_PX = 9;

/** Hits that lie on each other as one, its words on lines of their own. From left to right. */
export function together(hits) {
  const shared = [];
  for (const one of [...hits].sort((a, b) => a.x - b.x || a.y - b.y)) {
    const near = shared.findLast((other) => Math.abs(other.y - one.y) < NEAR_PX && one.x - other.x < NEAR_PX);
    if (near) near.words += `\n${one.words}`;
    else shared.push({ ...one });
  }
  return shared;
}
