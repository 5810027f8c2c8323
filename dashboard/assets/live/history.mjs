// Bounded series for sparklines and trends.
//
// Bounds: STREAM_POINTS per vital sign (4 h at 1 Hz) for the session that is open, TILE_POINTS (10 min at 1 Hz) for every other; the
// oldest points fall out. A point is {at: UTC ms, value or null, mark: one of MARK}.

export const STREAM_POINTS = 14_400;
export const TILE_POINTS = 600;
export const MARK = { plain: 0, late: 1, questionable: 2 };

/** An empty series that keeps the newest `limit` points. */
export function series(limit) {
  return { limit, at: [], value: [], mark: [], thinUntil: -Infinity, thinGapMs: 0 };
}

/** Append a point; a point that is not newer than the last one is left out (it is there already, or belongs to the past). */
export function push(track, at, value, mark = MARK.plain) {
  if (track.at.length && at <= track.at.at(-1)) return false;
  track.at.push(at);
  track.value.push(value);
  track.mark.push(mark);
  // Cut in slices: shifting one point off a long array each second costs more than keeping a tenth too many.
  if (track.at.length > track.limit * 1.1) for (const column of [track.at, track.value, track.mark]) column.splice(0, column.length - track.limit);
  return true;
}

/**
 * Put recorded points under those that came live: `points` in any order, [[at, value, mark]]. Recorded history comes thinned:
 * two of its points up to `thinGapMs` apart have no gap between them.
 */
export function fill(track, points, thinGapMs) {
  const sorted = [...points].sort((a, b) => a[0] - b[0]);
  const end = sorted.length ? sorted.at(-1)[0] : -Infinity;
  const live = track.at.map((at, i) => [at, track.value[i], track.mark[i]]).filter(([at]) => at > end);
  Object.assign(track, { thinUntil: end, thinGapMs });
  const all = [...sorted, ...live].slice(-track.limit);
  track.at = all.map((point) => point[0]);
  track.value = all.map((point) => point[1]);
  track.mark = all.map((point) => point[2]);
}

/** Columns for drawing: a null is put into every gap longer than `gapMs`, so that no line crosses it. */
export function withGaps(track, gapMs) {
  const at = [];
  const value = [];
  for (let i = 0; i < track.at.length; i += 1) {
    if (isGap(track, i, gapMs)) {
      at.push(track.at[i - 1] + 1);
      value.push(null);
    }
    at.push(track.at[i]);
    value.push(track.value[i]);
  }
  return { at, value };
}

/** Whether nothing came for longer than `gapMs` before point `i`. */
export function isGap(track, i, gapMs) {
  return i > 0 && track.at[i] - track.at[i - 1] > allowedGap(track, i, gapMs);
}

const allowedGap = (track, i, gapMs) => (track.at[i] <= track.thinUntil ? Math.max(gapMs, track.thinGapMs) : gapMs);

/**
 * Stretches without a usable value that are longer than `gapMs`: [{fromMs, untilMs}], oldest first. The last one is open while nothing has
 * come by `nowMs`; null for `nowMs` where nothing more is expected.
 */
export function gapsOf(track, gapMs, nowMs = null) {
  const gaps = [];
  let last = -1;
  for (let i = 0; i < track.at.length; i += 1) {
    if (track.value[i] === null) continue;
    if (last >= 0 && track.at[i] - track.at[last] > allowedGap(track, i, gapMs)) gaps.push({ fromMs: track.at[last], untilMs: track.at[i] });
    last = i;
  }
  if (nowMs !== null && last >= 0 && nowMs - track.at[last] > gapMs) gaps.push({ fromMs: track.at[last], untilMs: nowMs });
  return gaps;
}

/** How long a vital sign may be silent in one line: as long as its value would be current, and at least ten seconds. */
export function gapFor(session, vital) {
  return Math.max(10_000, session.vitals[vital]?.current_for_ms ?? 0);
}

/**
 * Columns of recorded readings (GET .../readings, /ward/trend) to points [at, value, mark]. A late reading stands where it was measured,
 * any other where the monitor put it on record; an invalid one is a gap.
 */
export function pointsOf({ at_ms: at, measured_at_ms: measured, value, validity, reason }) {
  return at.map((ms, i) => {
    const isLate = reason[i] === "late";
    const mark = validity[i] === "questionable" ? MARK.questionable : MARK.plain;
    return [isLate ? measured[i] : ms, validity[i] === "invalid" ? null : value[i], isLate ? MARK.late : mark];
  });
}
