// The mark of a cuff value on a tile: V systolic, inverted V diastolic, a bar between, a dot for the mean.

/** One cuff value at x, with y of systolic, diastolic and (or null) mean, all in canvas pixels. `size` is half a mark's width. */
export function cuffMark(context, x, { systolic, diastolic, mean }, size) {
  context.beginPath();
  context.moveTo(x - size, systolic - size * 1.4);
  context.lineTo(x, systolic);
  context.lineTo(x + size, systolic - size * 1.4);
  context.moveTo(x - size, diastolic + size * 1.4);
  context.lineTo(x, diastolic);
  context.lineTo(x + size, diastolic + size * 1.4);
  context.stroke();
  context.save();
  context.globalAlpha *= 0.45;
  context.beginPath();
  context.moveTo(x, systolic);
  context.lineTo(x, diastolic);
  context.stroke();
  context.restore();
  if (mean === null) return;
  context.beginPath();
  context.arc(x, mean, size * 0.5, 0, 2 * Math.PI);
  context.fill();
}
