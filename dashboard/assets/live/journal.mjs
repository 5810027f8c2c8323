// What happened, newest first; a note form; the exports.
//
// Bounds: the newest 500 entries are shown (state.mjs) and the last 200 steps of the session kept for the trend; MAX_PAGES pages of 1,000
// are read, the exports hold all.

import { act, outcomeLine } from "./actions.mjs";
import { el, keyed, setText, show } from "./dom.mjs";
import { timeOfDay } from "./format.mjs";
import { get, post } from "./rest.mjs";
import { addJournal } from "./state.mjs";
import { say, words } from "./words.mjs";

const text = words.journal;
const MAX_PAGES = 20;
const MAX_STEPS = 200;
const MAX_NOTE = 2_000; // schemas/log.py, Text

/** {node, put(session, view), load(), steps(), entries(), focusNote()}. `steps`: the entries that moved the session from phase to phase. */
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
  const steps = new Map();
  function take(entries) {
    known = addJournal({ [id]: known }, entries)[id] ?? known;
    for (const entry of entries) if (entry.kind === "phase_ordered" && steps.size < MAX_STEPS) steps.set(entry.seq, entry);
  }
  return {
    node,
    steps: () => [...steps.values()],
    entries: () => known,
    focusNote: note.focus,
    async load() {
      let since = 0;
      for (let page = 0; page < MAX_PAGES && since !== null; page += 1) {
        const answer = await get(`/sessions/${id}/journal?since_seq=${since}`);
        show(trouble, !answer.ok);
        if (!answer.ok) return setText(trouble, say(text.failed, { detail: answer.detail }));
        take(answer.body.entries);
        since = answer.body.next_since_seq;
      }
    },
    put(session, view) {
      if (view.state.journal[id] !== streamed) take((streamed = view.state.journal[id] ?? []));
      show(note.node, view.state.hello?.role === "clinician");
      if (known === drawn) return;
      drawn = known;
      const newest = [...known].reverse();
      keyed(list, lines, newest.map((entry) => entry.seq), () => line());
      for (const entry of newest) lines.get(entry.seq).put(entry, view.zone);
      for (const { voids } of newest) if (voids) lines.get(voids)?.node.setAttribute("data-voided", "true");
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
