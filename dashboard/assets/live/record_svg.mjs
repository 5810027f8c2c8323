// Paints the shapes of the record (record_shapes.mjs) as an SVG: for paper, sharp at any size. Colours come from the style sheet.

import { OUTLINES } from "./record_shapes.mjs";

const NS = "http://www.w3.org/2000/svg";
const HATCH = "record-hatch";

/** An <svg> of that size with all shapes; `title` says what it is. */
export function paintSvg(shapes, { width, height }, title) {
  const svg = node("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title });
  const hatch = node("pattern", { id: HATCH, width: 8, height: 8, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
  hatch.append(node("rect", { width: 2.5, height: 8, style: "fill:var(--hatch)" }));
  const defs = node("defs", {});
  defs.append(hatch);
  svg.append(defs, ...shapes.map((shape) => PAINT[shape.is](shape)));
  return svg;
}

function node(tag, attributes) {
  const made = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null && value !== undefined) made.setAttribute(name, value);
  return made;
}

const stroked = ({ tone, width = 1, dash, alpha = 1 }) => ({ style: `stroke:var(${tone});fill:none`, "stroke-width": width, "stroke-dasharray": dash?.join(" "), opacity: alpha === 1 ? null : alpha });
const filled = ({ tone, alpha = 1 }) => ({ style: `fill:var(${tone})`, opacity: alpha === 1 ? null : alpha });
const path = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${round(x)} ${round(y)}`).join("");
const round = (value) => Math.round(value * 10) / 10;
const disc = ([x, y], radius) => `M${round(x - radius)} ${y}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0`;

const PAINT = {
  line: (shape) => node("line", { x1: shape.x1, y1: shape.y1, x2: shape.x2, y2: shape.y2, ...stroked(shape) }),
  curve: (shape) => node("path", { d: path(shape.points), ...stroked(shape) }),
  box: (shape) => node("rect", { x: shape.x, y: shape.y, width: Math.max(0, shape.width), height: shape.height, ...filled(shape) }),
  hatched: ({ x, y, width, height }) => node("rect", { class: "hatched", x, y, width, height, fill: `url(#${HATCH})` }),
  strokes: (shape) => node("path", { d: shape.spans.map(([x, from, to]) => `M${x} ${from}V${to}`).join(""), ...stroked(shape) }),
  dots(shape) {
    const drawn = shape.isHollow ? stroked({ ...shape, width: 1.3 }) : filled(shape);
    return node("path", { d: shape.points.map((point) => disc(point, shape.radius)).join(""), ...drawn });
  },
  text({ x, y, words, tone, side, size, isBold }) {
    const made = node("text", { x, y, "text-anchor": side, "font-size": size, "font-weight": isBold ? 600 : null, class: "record-label", style: `fill:var(${tone})` });
    made.textContent = words;
    return made;
  },
  mark({ shape, x, y, size, tone, isHollow }) {
    const outline = OUTLINES[shape];
    const drawn = outline.isOpen || isHollow ? stroked({ tone, width: outline.isOpen ? 1.9 : 1.3 }) : filled({ tone });
    const at = (points) => path(points.map(([a, b]) => [x + a * size, y + b * size]));
    const d = outline.isDisc ? disc([x, y], round(size * 0.85)) : `${at(outline.points)}${outline.also ? at(outline.also) : ""}${outline.isOpen ? "" : "Z"}`;
    return node("path", { class: `mark-${shape}`, d, ...drawn });
  },
};
