// Where on the record a name may stand: on nothing that was measured, and on no other name. Pure.

/** The places that a shape takes, [from x, until x, top, bottom], as near as a name must keep away. */
export function spotsOf(shape) {
  if (shape.is === "dots") return shape.points.map(([x, y]) => [x - 2, x + 2, y - 2, y + 2]);
  if (shape.is === "strokes") return shape.spans.map(([x, a, b]) => [x - 1, x + 1, Math.min(a, b), Math.max(a, b)]);
  if (shape.is === "mark") return [[shape.x - shape.size, shape.x + shape.size, shape.y - 1.5 * shape.size, shape.y + 1.5 * shape.size]];
  if (shape.is === "box") return [[shape.x, shape.x + shape.width, shape.y, shape.y + shape.height]];
  return [];
}

/** How to ask whether [left, left + width] from `top` to `bottom` touches none of `spots`. Ask for many places at one height at once. */
export function freeBetween(spots, top, bottom) {
  const near = spots.filter(([, , from, until]) => until > top && from < bottom);
  return (left, width) => near.every(([from, until]) => until < left || from > left + width);
}
