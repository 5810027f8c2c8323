// What happened, newest first; a note form; the exports.
//
// Bounds: the newest 500 entries are shown (state.mjs); of what the record draws, MAX_STEPS steps and doses and the newest MAX_MARKS alerts,
// notes and observations are kept. The exports hold all.

import { act, outcomeLine } from "./actions.mjs";
import { el, keyed, setText, show } from "./dom.mjs";
import { timeOfDay } from "./format.mjs";
import { readJournal } from "./journal_load.mjs";
import { post } from "./rest.mjs";
import { addJournal } from "./state.mjs";
import { say, words } from "./words.mjs";

const text = words.journal;
const MAX_STEPS = 1_000;
const MAX_MARKS = 3_000;
const STEPS = ["phase_ordered", "rate_set", "bolus_given"];
const MARKS = ["alert_changed", "note_added", "observation_charted"];
const MAX_NOTE = 2_000; // schemas/log.py, Text

/** {node, put(session, view), load(), entries(), focusNote()}. `entries`: those that the record draws. */
export function journal(id) {
  const outcome = outcomeLine();
  const [none, list, trouble] = [el("p.muted", {}, text.none), el("ol.journal-list", { id: "journal", tabindex: "0", "aria-label": text.title }), el("p.outcome", { "data-state": "failed", hidden: true })];
  const note = noteForm(id, outcome);
  const exports = ["csv", "jsonl"].map((format) => el("a.button.quiet", { href: `/api/v1/sessions/${id}/export?format=${format}`, download: true }, text[format]));
  const head = el("div.card-head", {}, el("h2", {}, text.title), el("span.grow"), el("span.muted.small", {}, text.export), ...exports);
  const node = el("section.card.journal", { "aria-label": text.title }, head, note.node, outcome.node, trouble, none, list);
  const lines = new Map();
  let known = [];
  let drawn = null;
  let streamed = null;
  const [steps, marks] = [new Map(), new Map()];
  let drawnOnRecord = null;
  function take(entries) {
    known = addJournal({ [id]: known }, entries)[id] ?? known;
    for (const entry of entries) {
      if (STEPS.includes(entry.kind) && steps.size < MAX_STEPS) steps.set(entry.seq, entry);
      if (MARKS.includes(entry.kind)) marks.set(entry.seq, entry);
    }
    while (marks.size > MAX_MARKS) marks.delete(Math.min(...marks.keys()));
    drawnOnRecord = null;
  }
  return {
    node,
    entries: () => (drawnOnRecord ??= [...steps.values(), ...marks.values()]),
    focusNote: note.focus,
    async load() {
      const detail = await readJournal(id, take);
      show(trouble, detail !== null);
      if (detail !== null) setText(trouble, say(text.failed, { detail }));
    },
    put(session, view) {
      if (view.state.journal[id] !== streamed) take((streamed = view.state.journal[id] ?? []));
      show(note.node, view.state.hello?.role === "clinician");
      if (known === drawn) return;
      drawn = known;
      const newest = [...known].reverse();
      keyed(list, lines, newest.map((entry) => entry.seq), () => line());
      for (const entry of newest) lines.get(entry.seq).put(entry, view.zone);
      show(none, known.length === 0);
    },
  };
}

function line() {
  const [time, what] = [el("time.num"), el("span")];
  const node = el("li", {}, time, what);
  return {
    node,
    put(entry, zone) {
      node.dataset.kind = entry.kind;
      setText(time, timeOfDay(entry.at_ms, zone));
      setText(what, entry.text);
    },
  };
}

function noteForm(id, outcome) {
  const area = el("textarea", { rows: "2", maxlength: String(MAX_NOTE), required: true, placeholder: text.note_hint, "aria-label": text.note, id: "note" });
  const save = el("button.button", { type: "submit" }, text.save);
  const node = el("form.note", {}, area, save);
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await act(save, outcome, () => post(`/sessions/${id}/notes`, { text: area.value }));
    if (answer?.ok) area.value = ""; // a note that is not saved stays where it was written
  });
  return { node, focus: () => area.focus() };
}
