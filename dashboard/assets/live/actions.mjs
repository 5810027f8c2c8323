// What a person does: one request, and beside the button, in words, whether it is saved.

import { el, setText } from "./dom.mjs";
import { view } from "./feed.mjs";
import { timeOfDay } from "./format.mjs";
import { say, words } from "./words.mjs";

/** A line that says how the last action of its place went; `said`: in these words, where nothing was to be saved. role=status: read out. */
export function outcomeLine() {
  const node = el("p.outcome", { role: "status", "data-state": "idle" });
  return {
    node,
    saving: () => put("saving", words.actions.saving),
    tell(answer) {
      if (answer.said) return put("idle", answer.said);
      if (answer.ok) return put("saved", say(answer.wasDone ? words.actions.was_done : words.actions.saved, { time: savedAt() }));
      if (answer.isUnknown) return put("failed", words.actions.unknown);
      return put("failed", say(words.actions.failed, { detail: answer.detail }));
    },
    clear: () => put("idle", ""),
  };
  function put(state, text) {
    node.dataset.state = state;
    setText(node, text);
  }
}

function savedAt() {
  const { now, zone } = view();
  return now === null ? "" : timeOfDay(now, zone);
}

/**
 * Run `send` (one or more requests, the last answer counts) with `button` disabled and `outcome` telling how it goes.
 * A second press while the first is under way does nothing.
 */
export async function act(button, outcome, send) {
  if (button.disabled) return null;
  button.disabled = true;
  outcome.saving();
  const answer = await send();
  button.disabled = false;
  outcome.tell(answer);
  return answer;
}

/** A button with words. */
export function button(text, onclick, style = "") {
  return el(`button.button${style && `.${style}`}`, { type: "button", onclick }, text);
}

const OFFER_MS = 6_000;
export const DOUBLE_TAP_MS = 600;

/**
 * A button that asks once more: the first press offers "Confirm" and "Cancel" in its place, and takes the offer back after OFFER_MS.
 * A double tap does not confirm: "Cancel" is what comes to lie under the finger, and "Confirm" is disabled for DOUBLE_TAP_MS.
 */
export function confirmButton(text, onConfirm, style = "") {
  const ask = button(text, () => offer(true), style);
  const sure = button(say(words.controls.sure, { what: text }), () => onConfirm(sure).finally(() => offer(false)), style);
  const cancel = button(words.controls.cancel, () => offer(false), "quiet");
  const node = el("span.confirm", {}, ask);
  let timers = [];
  function offer(isOffered) {
    timers.forEach(clearTimeout);
    if (isOffered === node.classList.contains("asking")) return;
    const isElsewhere = document.activeElement !== document.body && !node.contains(document.activeElement);
    node.classList.toggle("asking", isOffered);
    node.replaceChildren(...(isOffered ? [sure, cancel] : [ask]));
    if (!isElsewhere) (isOffered ? cancel : ask).focus(); // else it would be taken from where the person is, such as the reason of an override
    sure.disabled = isOffered;
    if (isOffered) timers = [setTimeout(() => (sure.disabled = false), DOUBLE_TAP_MS), setTimeout(() => sure.disabled || offer(false), OFFER_MS)];
  }
  /** Other words on both buttons. */
  function name(what) {
    setText(ask, what);
    setText(sure, say(words.controls.sure, { what }));
  }
  return { node, ask, name };
}
