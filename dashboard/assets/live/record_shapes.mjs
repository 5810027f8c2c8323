// What a drawing of the record is made of: plain values, in CSS pixels, that a painter puts on a canvas or into an SVG. Pure.
//
// `tone` is a custom property of the style sheet ("--hr"), so that every theme and the print have their own colours. Painters paint in
// order. `clip`: the rectangle that a group of them must not leave.

const px = (value) => Math.round(value * 10) / 10;

export const line = (x1, y1, x2, y2, tone, { width = 1, dash = null, alpha = 1 } = {}) => ({ is: "line", x1: px(x1), y1: px(y1), x2: px(x2), y2: px(y2), tone, width, dash, alpha });

/** A curve through [x, y] points. */
export const curve = (points, tone, { width = 1.5, dash = null, alpha = 1 } = {}) => ({ is: "curve", points: points.map(([x, y]) => [px(x), px(y)]), tone, width, dash, alpha });

export const box = (x, y, width, height, tone, alpha = 1) => ({ is: "box", x: px(x), y: px(y), width: px(width), height: px(height), tone, alpha });

/** Hatched: nothing is known here. */
export const hatched = (x, y, width, height) => ({ is: "hatched", x: px(x), y: px(y), width: px(width), height: px(height), tone: "--hatch" });

/** `side`: which side of x the text stands on: "start" to the right of it, "middle", "end" to the left. */
export const text = (x, y, words, tone, { side = "start", size = 12, isBold = false } = {}) => ({ is: "text", x: px(x), y: px(y), words, tone, side, size, isBold });

/** Many discs of one kind; `points` [x, y]. */
export const dots = (points, tone, { radius = 1.7, isHollow = false } = {}) => ({ is: "dots", points: points.map(([x, y]) => [px(x), px(y)]), tone, radius, isHollow });

/** Many upright strokes of one kind; `spans` [x, y from, y to]. */
export const strokes = (spans, tone, { width = 1, alpha = 1 } = {}) => ({ is: "strokes", spans: spans.map(([x, a, b]) => [px(x), px(a), px(b)]), tone, width, alpha });

/** One mark of a known shape, `size` half its width: see OUTLINES. */
export const mark = (shape, x, y, size, tone, isHollow = false) => ({ is: "mark", shape, x: px(x), y: px(y), size, tone, isHollow });

/**
 * The shapes, in halves of their width, as polygons from [0, 0]: V stands on its tip (systolic), the inverted V hangs from it (diastolic).
 * An open one is stroked, a closed one filled.
 */
export const OUTLINES = {
  systolic: { isOpen: true, points: [[-1, -1.5], [0, 0], [1, -1.5]] },
  diastolic: { isOpen: true, points: [[-1, 1.5], [0, 0], [1, 1.5]] },
  mean: { isOpen: true, points: [[-0.7, 0], [0.7, 0]] },
  cross: { isOpen: true, points: [[-1, -1], [1, 1]], also: [[-1, 1], [1, -1]] },
  high: { points: [[0, -1], [1, 0.8], [-1, 0.8]] },
  medium: { points: [[0, -1], [1, 0], [0, 1], [-1, 0]] },
  low: { isDisc: true },
  technical: { points: [[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]] },
  bolus: { points: [[-1, -1], [1, -1], [0, 0.9]] },
  note: { points: [[-0.9, -1], [0.5, -1], [0.9, -0.6], [0.9, 1], [-0.9, 1]] },
};

/** How wide a text is drawn, near enough to place it: Inter's mean is just over half its size. */
export const widthOf = (said, size = 12) => said.length * size * 0.56;
