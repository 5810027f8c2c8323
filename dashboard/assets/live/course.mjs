// Where an infusion stands: running clocks, dose given, next cuff, distance from the baseline. Pure.

/** Since when the clock of the phase runs: since the start while infusing, since the pause while paused, since the stop in recovery. */
export function phaseSince(session) {
  if (session.phase === "infusing") return session.started_at_ms ?? session.phase_since_ms;
  if (session.phase === "recovery") return session.stopped_at_ms ?? session.phase_since_ms;
  return session.phase_since_ms;
}

/** For how long the clock of the phase runs, in ms, by the whole seconds of the site's clock: so all rooms' clocks step with it, at once. */
export function phaseRuns(session, nowMs) {
  return Math.floor(nowMs / 1000) * 1000 - Math.floor(phaseSince(session) / 1000) * 1000;
}

/** Dose by `nowMs`, in micrograms. Counts up with the recorded rate while infusing, and only then. */
export function dose(session, nowMs) {
  const { order, patient } = session;
  const running = session.phase === "infusing" ? Math.max(0, nowMs - session.given_at_ms) : 0;
  const givenUg = session.given_ug + (session.rate_ug_per_min * running) / 60_000;
  return {
    givenUg,
    orderedUg: order.dose_ug,
    fraction: order.dose_ug ? Math.min(1, givenUg / order.dose_ug) : 0,
    perKg: givenUg / patient.weight_g, // ug per g is mg per kg
    toGoUg: order.dose_ug - givenUg,
    isOrdered: order.treatment !== "none",
  };
}

/** The constant rate that gives the ordered dose over the ordered time, in ug/min; 0 where none is ordered. */
export function plannedRate(order) {
  return order.duration_ms ? Math.round((order.dose_ug * 60_000) / order.duration_ms) : 0;
}

/** Whether the treatment has a rate; of the others each dose is recorded as it is given. */
export function isInfused(order) {
  return order.treatment === "ketamine_iv";
}

/** Until the next part of a dose may be given, in ms; 0 or less: now. Null where it is not given in parts or all of it is in. */
export function nextPartIn(session, preset, nowMs) {
  if (!preset?.part_mg || session.given_ug >= session.order.dose_ug) return null;
  return session.last_dose_at_ms === null || session.last_dose_at_ms === undefined ? 0 : session.last_dose_at_ms + preset.parts_every_min * 60_000 - nowMs;
}

/** Milliseconds to the next cuff value; negative once it is overdue; null before the first one. */
export function cuffDueIn(session, nowMs) {
  const last = session.vitals.systolic_bp;
  return last ? last.born_ms + session.cuff_interval_ms - nowMs : null;
}

/** Distance of a value from the session's baseline of that vital sign: {change, percent, baseline}; null without one. */
export function fromBaseline(session, vital, value) {
  const found = session.baselines.find((one) => one.vital === vital);
  if (!found || value === null || value === undefined) return null;
  const baseline = found.value_milli / 1000;
  return { change: Math.round(value - baseline), percent: Math.round((100 * (value - baseline)) / baseline), baseline };
}

const PHASE_WORD = /\b(planned|baseline|infusing|paused|recovery|closed|aborted)\b/i;

/** The phase an entry of the journal moved to: its `phase` if it has one, else the phase named in its text. */
export function phaseOf(entry) {
  if (entry.kind !== "phase_ordered") return null;
  return entry.phase ?? PHASE_WORD.exec(entry.text)?.[1].toLowerCase() ?? null;
}

/** When drug ran: [{fromMs, untilMs, isPaused}] and the steps [{atMs, what}], from the journal, and from the session where that says less. */
export function infusionBands(session, journal, nowMs) {
  const steps = journal.map((entry) => ({ atMs: entry.at_ms, phase: phaseOf(entry) })).filter((step) => step.phase !== null);
  const knowsStart = steps.some((step) => step.phase === "infusing");
  if (!knowsStart && session.started_at_ms !== null) steps.unshift({ atMs: session.started_at_ms, phase: "infusing" });
  if (session.phase === "paused" && !steps.some((step) => step.phase === "paused")) steps.push({ atMs: session.phase_since_ms, phase: "paused" });
  const knowsStop = steps.some((step) => ["recovery", "closed", "aborted"].includes(step.phase));
  if (!knowsStop && session.stopped_at_ms !== null) steps.push({ atMs: session.stopped_at_ms, phase: "recovery" });
  steps.sort((a, b) => a.atMs - b.atMs);
  const bands = [];
  const lines = [];
  let open = null;
  for (const { atMs, phase } of steps) {
    const isDrug = phase === "infusing" || phase === "paused";
    if (!isDrug && !open) continue;
    if (open) bands.push({ ...open, untilMs: atMs });
    lines.push({ atMs, what: isDrug ? (phase === "paused" ? "pause" : lines.length ? "resume" : "start") : "stop" });
    open = isDrug ? { fromMs: atMs, isPaused: phase === "paused" } : null;
  }
  if (open) bands.push({ ...open, untilMs: Math.max(open.fromMs, nowMs) });
  return { bands, lines };
}
