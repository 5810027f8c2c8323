// The steps of a session. Start, stop, close and abort ask once more; a refusal is shown in words, and a gate can be passed with a reason.

import { act, button, confirmButton, outcomeLine } from "./actions.mjs";
import { el, setText, show } from "./dom.mjs";
import { post } from "./rest.mjs";
import { say, words } from "./words.mjs";

const text = words.controls;
const START = { phase: "infusing", name: text.start, style: "primary", asks: true };
const STOP = { phase: "recovery", name: text.stop, style: "danger", asks: true };
const ABORT = { phase: "aborted", name: text.abort, style: "quiet", asks: true };

/** What can be done in a phase. */
export function stepsOf({ phase, order }) {
  const isWatched = order.treatment === "none";
  const table = {
    planned: [{ phase: "baseline", name: text.baseline, style: "primary" }, ABORT],
    baseline: [isWatched ? { phase: "recovery", name: text.recover, style: "primary", asks: true } : START, ABORT],
    infusing: [{ phase: "paused", name: text.pause }, STOP],
    paused: [{ phase: "infusing", name: text.resume, style: "primary" }, STOP],
    recovery: [{ phase: "closed", name: text.close, style: "primary", asks: true }],
  };
  return table[phase] ?? [];
}

/** {node, put(session, view)}. */
export function controls(id) {
  const outcome = outcomeLine();
  const [buttons, viewOnly, gate] = [el("div.buttons"), el("p.muted"), overrideForm(send)];
  const node = el("div.controls", {}, buttons, gate.node, viewOnly, outcome.node);
  let built = "";
  return {
    node,
    put(session, view) {
      const role = view.state.hello?.role ?? "";
      const mayAct = role === "clinician";
      show(viewOnly, role !== "" && !mayAct);
      setText(viewOnly, say(text.view_only, { role }));
      show(buttons, mayAct);
      const key = `${session.phase} ${session.order.treatment}`;
      if (key === built) return; // never under a finger: only a new phase rebuilds the buttons
      built = key;
      gate.close();
      buttons.replaceChildren(...stepsOf(session).map((step) => stepButton(step)));
    },
  };

  function stepButton(step) {
    if (step.asks) return confirmButton(step.name, (pressed) => order(pressed, step), step.style).node;
    const one = button(step.name, () => order(one, step), step.style ?? "");
    return one;
  }

  async function order(pressed, step) {
    const answer = await send(pressed, { phase: step.phase });
    if (answer?.status === 409 && step === START) gate.open();
  }

  function send(pressed, body) {
    return act(pressed, outcome, () => post(`/sessions/${id}/phase`, body));
  }
}

/** Shown when the start was refused: a reason lets a clinician go on, on record. */
function overrideForm(send) {
  const reason = el("input", { type: "text", maxlength: "2000", required: true, "aria-label": text.override, placeholder: text.override });
  const go = el("button.button.danger", { type: "submit" }, text.override_do);
  const node = el("form.override", { id: "override", hidden: true }, reason, go);
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await send(go, { phase: "infusing", override: reason.value });
    if (answer?.ok) close();
  });
  function close() {
    node.hidden = true;
    reason.value = "";
  }
  return {
    node,
    close,
    open() {
      node.hidden = false;
      reason.focus();
    },
  };
}
