// The code that joins a patient's sessions, and its correction where it was mistyped: with a reason, in a session that has ended, too.

import { act, button, outcomeLine } from "./actions.mjs";
import { el, setText, show } from "./dom.mjs";
import { post } from "./rest.mjs";
import { say, words } from "./words.mjs";

const text = words.patient_code;

/** {line, form, put(session, view)}. `onSaved(code)`: it is on record. */
export function patientCode(id, onSaved = () => {}) {
  const outcome = outcomeLine();
  const said = el("span", { id: "patient-code" });
  const code = el("input", { type: "text", maxlength: "16", pattern: "[A-Za-z0-9][A-Za-z0-9\\-]{2,15}", autocomplete: "off", placeholder: words.new.code_hint, title: words.new.code_title });
  const reason = el("input", { type: "text", maxlength: "2000", required: true, autocomplete: "off" });
  const sure = el("button.button", { type: "submit" }, text.save);
  const ask = button(text.correct, () => open(true), "quiet");
  const fields = [[text.code, code], [text.reason, reason]].map(([name, input]) => el("label.field", {}, el("span", {}, name), input));
  const entry = el("div.inline", { hidden: true }, ...fields, sure, button(words.controls.cancel, () => open(false), "quiet"));
  const form = el("form.patient-code", { "aria-label": text.correct_what }, entry, outcome.node);
  let [shown, instead] = [null, null]; // the code in force, and the one that was shown when the form was opened
  ask.setAttribute("aria-label", text.correct_what);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const right = code.value.trim().toUpperCase() || null;
    const answer = await act(sure, outcome, () => post(`/sessions/${id}/patient-code`, { code: right, instead_of: instead, reason: reason.value }));
    if (!answer?.ok) return code.focus(); // what is not saved stays as it was typed
    open(false);
    reason.value = "";
    onSaved(right);
  });
  form.addEventListener("keydown", (event) => event.key === "Escape" && open(false));
  function open(isOpen) {
    if (isOpen === !entry.hidden) return;
    show(entry, isOpen);
    show(ask, !isOpen);
    if (isOpen) {
      outcome.clear();
      instead = shown;
      code.value = shown ?? "";
      code.select();
    } else ask.focus();
  }
  return {
    line: el("span.patient-code-line", {}, said, ask),
    form,
    put({ patient }, view) {
      shown = patient.code ?? null;
      setText(said, shown === null ? text.none : say(text.is, { code: shown }));
      const mayAct = view.state.hello?.role === "clinician";
      show(ask, mayAct && entry.hidden);
      if (!mayAct) show(entry, false);
    },
  };
}
