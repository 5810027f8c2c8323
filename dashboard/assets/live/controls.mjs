// The steps of a session. Start, stop, close and abort ask once more. What stands against the start or the discharge is said beside its
// button before it is pressed; what can be overridden asks for a reason, what cannot closes the button. The monitor has the last word.

import { act, button, confirmButton, outcomeLine } from "./actions.mjs";
import { byEffect } from "./care.mjs";
import { isInfused } from "./course.mjs";
import { el, setAttribute, setText, show } from "./dom.mjs";
import { post } from "./rest.mjs";
import { say, words } from "./words.mjs";

const text = words.controls;
const START = { phase: "infusing", name: text.start, style: "primary", asks: true, isGated: true };
const CLOSE = { phase: "closed", name: text.close, style: "primary", asks: true, isGated: true };
const STOP = { phase: "recovery", name: text.stop, style: "danger", asks: true };
const OVERRIDABLE = ["gate_closed", "baseline_incomplete"];
const ABORT = { phase: "aborted", name: text.abort, style: "quiet", asks: true };

const DOSED = {
  planned: [{ phase: "baseline", name: text.baseline, style: "primary" }, ABORT],
  baseline: [{ ...START, name: text.start_dosing }, ABORT],
  infusing: [{ ...STOP, name: text.end_dosing, style: "primary" }, ABORT],
  recovery: [CLOSE],
};

/** What can be done in a phase. */
export function stepsOf({ phase, order }) {
  const isWatched = order.treatment === "none";
  if (!isWatched && !isInfused(order)) return DOSED[phase] ?? [];
  const table = {
    planned: [{ phase: "baseline", name: text.baseline, style: "primary" }, ABORT],
    baseline: [isWatched ? { phase: "recovery", name: text.recover, style: "primary", asks: true } : START, ABORT],
    infusing: [{ phase: "paused", name: text.pause }, STOP],
    paused: [{ phase: "infusing", name: text.resume, style: "primary" }, STOP],
    recovery: [CLOSE],
  };
  return table[phase] ?? [];
}

/** {node, put(session, view)}. `findings()`: what stands against the next step, null while that is not known. */
export function controls(id, findings) {
  const outcome = outcomeLine();
  const [buttons, viewOnly, gate, against] = [el("div.buttons"), el("p.muted"), overrideForm(send), el("p.against", { id: "against" })];
  const node = el("div.controls", {}, buttons, against, gate.node, viewOnly, outcome.node);
  let built = "";
  let gated = null; // {step, ask}: the button that gates stand before
  return {
    node,
    put(session, view) {
      const role = view.state.hello?.role ?? "";
      const mayAct = role === "clinician";
      show(viewOnly, role !== "" && !mayAct);
      setText(viewOnly, say(text.view_only, { role }));
      show(buttons, mayAct);
      const key = `${session.phase} ${session.order.treatment}`;
      if (key !== built) {
        built = key; // never under a finger: only a new phase rebuilds the buttons
        gate.close();
        gated = null;
        buttons.replaceChildren(...stepsOf(session).map((step) => stepButton(step)));
      }
      putAgainst(mayAct);
    },
  };

  /** What stands against the gated step, beside its button; the button is closed where nobody can override it. */
  function putAgainst(mayAct) {
    const found = byEffect(gated === null ? [] : (findings() ?? []));
    const [effect, line] = found.hard.length ? ["hard", text.closed] : found.override.length ? ["override", text.asks_reason] : ["caution", text.cautions];
    const named = found[effect];
    show(against, mayAct && named.length > 0);
    setAttribute(against, "data-effect", effect);
    if (named.length) setText(against, say(line, { what: gated.step.name, gates: named.map((one) => one.title).join(", ") }));
    if (gated !== null && gated.ask.disabled !== found.hard.length > 0) gated.ask.disabled = found.hard.length > 0;
    if (found.hard.length) gate.close();
  }

  function stepButton(step) {
    if (step.asks) {
      const made = confirmButton(step.name, (pressed) => order(pressed, step), step.style);
      if (step.isGated) gated = { step, ask: made.ask };
      return made.node;
    }
    const one = button(step.name, () => order(one, step), step.style ?? "");
    return one;
  }

  async function order(pressed, step) {
    if (step.isGated && byEffect(findings() ?? []).override.length) return gate.open(step.phase); // it would be refused without a reason
    const answer = await send(pressed, { phase: step.phase });
    if (answer?.status === 409 && step.isGated && OVERRIDABLE.includes(answer.reason)) gate.open(step.phase);
  }

  function send(pressed, body) {
    return act(pressed, outcome, () => post(`/sessions/${id}/phase`, body));
  }
}

/** Shown where a reason lets a clinician go on, on record. */
function overrideForm(send) {
  let phase = null;
  const reason = el("input", { type: "text", maxlength: "2000", required: true, "aria-label": text.override, placeholder: text.override });
  const go = el("button.button.danger", { type: "submit" }, text.override_do);
  const node = el("form.override", { id: "override", hidden: true }, reason, go);
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await send(go, { phase, override: reason.value });
    if (answer?.ok) close();
  });
  function close() {
    node.hidden = true;
    reason.value = "";
  }
  return {
    node,
    close,
    open(step) {
      phase = step;
      node.hidden = false;
      reason.focus();
    },
  };
}
