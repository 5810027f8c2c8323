// Paints the shapes of the record (record_shapes.mjs) on a canvas.

import { colour } from "./colours.mjs";
import { OUTLINES } from "./record_shapes.mjs";

const FONT = "Inter, sans-serif";
const TURN = 2 * Math.PI;
const HATCH_PX = 8;

/** Paint all of them, at the density of the screen. */
export function paintCanvas(canvas, shapes, { width, height }) {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.lineJoin = "round";
  for (const shape of shapes) {
    pen.globalAlpha = shape.alpha ?? 1;
    pen.lineWidth = shape.width ?? 1.6;
    pen.strokeStyle = pen.fillStyle = colour(shape.tone);
    pen.setLineDash(shape.dash ?? []);
    PAINT[shape.is](pen, shape);
  }
  pen.globalAlpha = 1;
}

const PAINT = {
  line(pen, { x1, y1, x2, y2 }) {
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.lineTo(x2, y2);
    pen.stroke();
  },
  curve(pen, { points }) {
    pen.beginPath();
    trace(pen, points);
    pen.stroke();
  },
  box(pen, { x, y, width, height }) {
    pen.fillRect(x, y, width, height);
  },
  hatched(pen, { x, y, width, height }) {
    pen.save();
    pen.beginPath();
    pen.rect(x, y, width, height);
    pen.clip();
    pen.lineWidth = 2;
    pen.beginPath();
    for (let at = x - height - ((x - height) % HATCH_PX); at < x + width; at += HATCH_PX) {
      pen.moveTo(at, y + height);
      pen.lineTo(at + height, y);
    }
    pen.stroke();
    pen.restore();
  },
  text(pen, { x, y, words, side, size, isBold }) {
    pen.font = `${isBold ? "600 " : ""}${size}px ${FONT}`;
    pen.textAlign = side === "middle" ? "center" : side;
    pen.strokeStyle = colour("--panel"); // so that a grid line does not run through the words
    pen.lineWidth = 3;
    pen.strokeText(words, x, y);
    pen.fillText(words, x, y);
  },
  dots(pen, { points, radius, isHollow }) {
    pen.lineWidth = 1.3;
    pen.beginPath();
    for (const [x, y] of points) {
      pen.moveTo(x + radius, y);
      pen.arc(x, y, radius, 0, TURN);
    }
    if (isHollow) pen.stroke();
    else pen.fill();
  },
  strokes(pen, { spans }) {
    pen.beginPath();
    for (const [x, from, to] of spans) {
      pen.moveTo(x, from);
      pen.lineTo(x, to);
    }
    pen.stroke();
  },
  mark(pen, { shape, x, y, size, isHollow }) {
    const outline = OUTLINES[shape];
    pen.lineWidth = outline.isOpen ? 1.9 : 1.3;
    pen.beginPath();
    if (outline.isDisc) pen.arc(x, y, size * 0.85, 0, TURN);
    else for (const points of [outline.points, outline.also ?? []]) trace(pen, points.map(([a, b]) => [x + a * size, y + b * size]));
    if (!outline.isOpen) pen.closePath();
    if (outline.isOpen || isHollow) pen.stroke();
    else pen.fill();
  },
};

function trace(pen, points) {
  points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
}
