// What stands against the next step, live from the monitor, and the questions that settle it. Each answer is saved by itself.
//
// Asked for every POLL_MS while the panel is there, and at once when something was charted. What could not be read is said to be unknown:
// no old finding passes for a present one.

import { outcomeLine } from "./actions.mjs";
import { gatesBefore, observed } from "./care.mjs";
import { el, keyed, setAttribute, setText, show } from "./dom.mjs";
import { readable } from "./format.mjs";
import { get, post } from "./rest.mjs";
import { signField } from "./sign_field.mjs";
import { say, signs, words } from "./words.mjs";

export const POLL_MS = 5_000;
const text = words.gates;

/** {node, put(session, view), findings()}. `findings` is null while they are not known. */
export function gates(id) {
  const outcome = outcomeLine();
  const [title, counted] = [el("h2"), el("span.muted.small.num")];
  const [state, list] = [el("p.muted", { role: "status" }), el("ul.findings")];
  const [required, optional] = [questions(id, outcome), questions(id, outcome)];
  const more = el("details.optional", {}, el("summary", {}, text.optional), optional.node);
  const head = el("div.card-head", {}, title, el("span.grow"), counted);
  const node = el("section.card.gates", { id: "gates", hidden: true }, head, state, list, required.node, more, outcome.node);
  const rows = new Map();
  let known = null; // the last answer of the monitor
  let trouble = null;
  let before = null;
  let isAsking = false;
  let askAt = -Infinity;
  let charted = null;

  async function ask(step) {
    isAsking = true;
    const answer = await get(`/sessions/${id}/gates?before=${step}`);
    isAsking = false;
    if (step !== before) return; // the session has moved on
    known = answer.ok ? answer.body : null;
    trouble = answer.ok ? null : answer.detail;
  }

  function askWhenDue(session, view) {
    const now = JSON.stringify(session.observations ?? []);
    if (now !== charted) askAt = -Infinity;
    charted = now;
    if (isAsking || view.at < askAt) return;
    askAt = view.at + POLL_MS;
    ask(before);
  }

  return {
    node,
    findings: () => known?.findings ?? null,
    put(session, view) {
      const step = gatesBefore(session);
      if (step !== before) [before, known, trouble, askAt] = [step, null, null, -Infinity];
      show(node, before !== null);
      if (before === null) return;
      if (view.isLive) askWhenDue(session, view);
      setText(title, text[before]);
      setAttribute(node, "aria-label", text[before]);
      const findings = known?.findings ?? [];
      keyed(list, rows, findings.map((finding) => finding.gate), finding);
      for (const one of findings) rows.get(one.gate).put(one);
      show(state, findings.length === 0);
      setAttribute(state, "data-state", known === null ? (trouble === null ? "reading" : "failed") : "open");
      setText(state, known === null ? (trouble === null ? text.reading : say(text.unread, { detail: trouble })) : text.open);
      putQuestions(session, view);
    },
  };

  function putQuestions(session, view) {
    const asked = known?.asked ?? [];
    required.put(asked.filter((one) => one.is_required), session, view);
    optional.put(asked.filter((one) => !one.is_required), session, view);
    show(more, asked.some((one) => !one.is_required));
    const needed = asked.filter((one) => one.is_required);
    const answered = needed.filter((one) => observed(session, one.form.sign) !== null).length;
    setText(counted, needed.length ? say(text.answered, { answered, asked: needed.length }) : "");
  }
}

function finding() {
  const [what, why, effect] = [el("b"), el("span"), el("span.effect")];
  const node = el("li", {}, el("span.finding-what", {}, what, " ", why), effect);
  return {
    node,
    put(one) {
      setAttribute(node, "data-effect", one.effect);
      setText(what, one.title);
      setText(why, readable(one.reason));
      setText(effect, text.effects[one.effect] ?? one.effect);
    },
  };
}

/** Signs to be answered, each saved as soon as it is. */
function questions(id, outcome) {
  const node = el("div.questions");
  const fields = new Map();
  return {
    node,
    put(asked, session, view) {
      const mayAct = view.state.hello?.role === "clinician";
      const known = asked.filter((one) => one.form.sign in signs); // a sign that this screen does not know cannot be charted here
      keyed(node, fields, known.map((one) => one.form.sign), question);
      for (const { form } of known) fields.get(form.sign).put(observed(session, form.sign), view, mayAct);
    },
  };

  /** One request at a time; a choice that was changed meanwhile is sent after it, so that the last one stands. */
  function question(sign) {
    let isSaving = false;
    const field = signField(sign, async () => {
      if (isSaving || field.value() === null) return;
      isSaving = true;
      let [value, isSaved] = [null, false];
      while (field.value() !== null && field.value() !== value) {
        value = field.value();
        isSaved = await save(value);
      }
      isSaving = false;
      field.tell(isSaved ? "saved" : "failed");
      if (isSaved) field.choose(null);
    });
    return field;

    async function save(value) {
      field.tell("saving");
      outcome.saving();
      const answer = await post(`/sessions/${id}/observations`, { items: [{ sign, value }] });
      outcome.tell(answer);
      return answer.ok;
    }
  }
}
