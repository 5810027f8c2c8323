// The catalogue of texts and the tables of vital and charted signs that the page carries (dashboard/words.py).

const { words, vitals, signs } = JSON.parse(document.getElementById("catalogue").textContent);

export { signs, vitals, words };

/** Fill `{name}` places of a text of the catalogue. A place without a value stays as it is, so that a mistake is seen. */
export function say(text, values = {}) {
  return text.replace(/\{(\w+)\}/g, (place, name) => (name in values ? String(values[name]) : place));
}

/** A session's phase and since when, in words. Without an infusion ordered, recovery is nothing to recover from but being watched. */
export function phaseWords(session) {
  const isWatched = session.phase === "recovery" && session.order.treatment === "none";
  if (isWatched) return words.watched;
  const table = ["ketamine_iv", "none"].includes(session.order.treatment) ? {} : words.dosing; // what is not infused is dosed, then observed
  return { phase: table[session.phase]?.phase ?? words.phases[session.phase], since: table[session.phase]?.since ?? words.since[session.phase] };
}

/** "3" -> "Room 3"; a room that has a name keeps it. */
export function roomName(room) {
  return /^\d/.test(room) ? say(words.header.room, { room }) : room;
}
