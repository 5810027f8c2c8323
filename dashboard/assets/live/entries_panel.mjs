// What people entered in this session, newest first. A slip is marked as entered in error: the row stays, struck through, and counts no more.

import { act, button, outcomeLine } from "./actions.mjs";
import { el, keyed, setAttribute, setText, show } from "./dom.mjs";
import { entered } from "./entered.mjs";
import { hourMinute } from "./format.mjs";
import { post } from "./rest.mjs";
import { say, words } from "./words.mjs";

const text = words.entries;
const SHOWN = 8; // of the newest; the others on demand

/** {node, put(session, view)}. `journal()`: the entries of the session as far as they are known. */
export function entriesPanel(id, journal) {
  const outcome = outcomeLine();
  const [list, count] = [el("ol.entry-list"), el("span.muted.small.num")];
  const all = button("", () => {
    isWhole = !isWhole;
    drawn = null;
  }, "quiet");
  const summary = el("summary.card-head", {}, el("h2", {}, text.title), el("span.grow"), count);
  const node = el("details.card.entries", { id: "entries", "aria-label": text.title, hidden: true }, summary, el("p.muted.small", {}, text.what), list, all, outcome.node);
  const rows = new Map();
  let isWhole = false;
  let drawn = null;
  let mayAct = false;
  return {
    node,
    put(session, view) {
      const known = journal();
      const may = view.state.hello?.role === "clinician" && !["closed", "aborted"].includes(session.phase);
      if (known === drawn && may === mayAct) return;
      [drawn, mayAct] = [known, may];
      const entries = entered(known);
      const shown = isWhole ? entries : entries.slice(0, SHOWN);
      show(node, entries.length > 0);
      setText(count, String(entries.length));
      show(all, entries.length > SHOWN);
      setText(all, isWhole ? text.fewer : say(text.all, { count: entries.length }));
      keyed(list, rows, shown.map((entry) => entry.seq), (seq) => row(seq, send));
      for (const entry of shown) rows.get(entry.seq).put(entry, view.zone, mayAct);
    },
  };

  function send(pressed, seq, reason) {
    return act(pressed, outcome, () => post(`/sessions/${id}/corrections`, { entry: seq, reason }));
  }
}

function row(seq, send) {
  const [time, what, why] = [el("time.num"), el("span.entry-text"), el("span.entry-error")];
  const reason = el("input", { type: "text", maxlength: "2000", required: true, placeholder: text.reason, "aria-label": text.reason });
  const sure = el("button.button", { type: "submit" }, text.mark);
  const form = el("form.inline", { hidden: true }, reason, sure, button(words.controls.cancel, () => open(false), "quiet"));
  const ask = button(text.error, () => open(true), "quiet");
  const node = el("li", { "data-seq": seq }, time, el("span.entry-what", {}, what, why), ask, form);
  let isMarked = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await send(sure, seq, reason.value);
    if (answer?.ok) open(false); // what is not saved stays as it was typed
  });
  function open(isOpen) {
    show(form, isOpen);
    show(ask, !isOpen && !isMarked);
    if (isOpen) reason.focus();
  }
  return {
    node,
    put(entry, zone, mayAct) {
      setText(time, hourMinute(entry.at_ms, zone));
      setText(what, entry.text);
      isMarked = entry.error !== null;
      setAttribute(node, "data-voided", isMarked ? "true" : null);
      setText(why, isMarked ? say(text.marked, { time: hourMinute(entry.error.at_ms, zone), text: entry.error.text.replace(/^Entry \d+ was made in error, marked by /, "") }) : "");
      setAttribute(ask, "aria-label", say(text.label, { text: entry.text }));
      show(ask, mayAct && !isMarked && form.hidden);
      if (isMarked || !mayAct) show(form, false);
    },
  };
}
