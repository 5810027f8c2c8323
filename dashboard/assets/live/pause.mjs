// The pause of a session's sound, and its end. Pure.

export const LONGEST_S = 120; // schemas/log.py, AudioPaused; the rule set may allow less
export const TOLD_FOR_MS = 30_000; // for how long a screen says that the sound is back, and why

/** {leftMs, by} while the sound of a session rests; null while it does not. */
export function pauseOf(session, nowMs) {
  const until = session.audio_paused_until_ms ?? null;
  return until === null || nowMs === null || until <= nowMs ? null : { leftMs: until - nowMs, by: session.audio_paused_by ?? "?" };
}

/** The journal's entry of a pause that has just ended; null where the sound rests again, or it is long ago. `entries`: oldest first. */
export function resumedOf(entries, nowMs) {
  for (let i = entries.length - 1; i >= 0; i -= 1) {
    const { kind, at_ms: at } = entries[i];
    if (nowMs - at > TOLD_FOR_MS || kind === "audio_paused") return null;
    if (kind === "audio_resumed") return entries[i];
  }
  return null;
}
