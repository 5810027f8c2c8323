// What happened, newest first: alerts as one item each, filters, a note form, the exports.
//
// Bounds: the newest 500 entries are shown (state.mjs); of what the record draws, MAX_STEPS steps and doses and the newest MAX_MARKS alerts,
// notes and observations are kept. The exports hold all.

import { act, outcomeLine } from "./actions.mjs";
import { el, keyed, setAttribute, setText, show } from "./dom.mjs";
import { FILTERS, itemsOf } from "./journal_groups.mjs";
import { alertItem, plainItem } from "./journal_item.mjs";
import { readJournal } from "./journal_load.mjs";
import { post } from "./rest.mjs";
import { addJournal } from "./state.mjs";
import { say, words } from "./words.mjs";

const text = words.journal;
const MAX_STEPS = 1_000;
const MAX_MARKS = 3_000;
const STEPS = ["phase_ordered", "rate_set", "bolus_given"];
const MARKS = ["alert_changed", "note_added", "observation_charted", "entry_voided"];
const MAX_NOTE = 2_000; // schemas/log.py, Text

/** {node, put(session, view), load(), entries(), known(), focusNote()}. `entries`: those that the record draws; `known`: the newest of all. */
export function journal(id) {
  const outcome = outcomeLine();
  const [none, list, trouble] = [el("p.muted", {}, text.none), el("ol.journal-list", { id: "journal", tabindex: "0", "aria-label": text.title }), el("p.outcome", { "data-state": "failed", hidden: true })];
  const note = noteForm(id, outcome);
  const filter = choice(() => {
    drawn = null; // drawn with the next frame
  });
  const exports = ["csv", "jsonl"].map((format) => el("a.button.quiet", { href: `/api/v1/sessions/${id}/export?format=${format}`, download: true }, text[format]));
  const head = el("div.card-head", {}, el("h2", {}, text.title), el("span.grow"), el("span.muted.small", {}, text.export), ...exports);
  const node = el("section.card.journal", { "aria-label": text.title }, head, note.node, outcome.node, trouble, filter.node, none, list);
  const figures = el("p.muted.small", { id: "journal-figures", hidden: true }, text.figures);
  filter.node.after(figures);
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
  function draw(zone) {
    const items = itemsOf(known);
    const shown = items.filter((item) => filter.value() === "all" || item.category === filter.value());
    const byKey = new Map(shown.map((item) => [item.key, item]));
    keyed(list, lines, [...byKey.keys()], (key) => (byKey.get(key).alert ? alertItem() : plainItem()));
    for (const item of shown) lines.get(item.key).put(item, zone);
    show(figures, filter.value() === "devices" && shown.some((item) => item.kind === "device_announced"));
    setText(none, items.length ? text.none_of_these : text.none);
    show(none, shown.length === 0);
  }
  return {
    node,
    entries: () => (drawnOnRecord ??= [...steps.values(), ...marks.values()]),
    known: () => known,
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
      draw(view.zone);
    },
  };
}

/** Which items are shown: a button for each filter. */
function choice(onChange) {
  let value = FILTERS[0];
  const buttons = FILTERS.map((name) => el("button", { type: "button", "aria-pressed": String(name === value), onclick: () => choose(name) }, text.filters[name]));
  function choose(name) {
    value = name;
    buttons.forEach((one, place) => setAttribute(one, "aria-pressed", String(FILTERS[place] === name)));
    onChange();
  }
  return { node: el("div.segments", { role: "group", "aria-label": text.show }, ...buttons), value: () => value };
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
