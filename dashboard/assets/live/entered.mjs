// What people entered, and what of it was entered in error. Pure.

const CORRECTABLE = ["rate_set", "bolus_given", "observation_charted", "note_added", "drug_drawn", "drug_wasted"];

/** Newest first: {seq, at_ms, kind, text, error}, where `error` is the entry that marks it as made in error, or null. */
export function entered(journal) {
  const errors = new Map(journal.filter((entry) => entry.voids).map((entry) => [entry.voids, entry]));
  const rows = journal.filter((entry) => CORRECTABLE.includes(entry.kind));
  return rows.map((entry) => ({ ...entry, error: errors.get(entry.seq) ?? null })).reverse();
}
