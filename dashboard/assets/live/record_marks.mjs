// What stands behind the marks of the record, for a pointer and for the keyboard: one button over each, its words on hover and on focus.
//
// One stop of Tab reaches them; arrow keys, Home and End go from one to the next. Marks that lie on each other share a button.

import { el, keyed, setText, show } from "./dom.mjs";
import { together } from "./record_hits.mjs";

const SIZE_PX = 16;
const MAX_MARKS = 300;

/** {node, put(hits, layout)}; `hits` of record_drawing.mjs. */
export function recordMarks(title) {
  const tip = el("div.record-tip", { role: "tooltip", hidden: true, id: "record-tip" });
  const list = el("div.record-hits", { role: "toolbar", "aria-label": title, onkeydown: step });
  const node = el("div.record-marks", {}, list, tip);
  const parts = new Map();
  let width = 0;
  list.addEventListener("focusin", (event) => tell(event.target));
  list.addEventListener("focusout", () => show(tip, false));
  list.addEventListener("pointerover", (event) => event.target !== list && tell(event.target));
  list.addEventListener("pointerout", () => show(tip, list.contains(document.activeElement)));

  function tell(button) {
    const [x, y] = [Number(button.dataset.x), Number(button.dataset.y)];
    setText(tip, button.getAttribute("aria-label"));
    tip.style.top = `${y + 14}px`;
    tip.style.left = `${Math.min(Math.max(0, x - 20), Math.max(0, width - 300))}px`;
    show(tip, true);
  }

  function step(event) {
    const buttons = [...list.children];
    const at = buttons.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    event.stopPropagation(); // arrows of the drawing itself move its window
    reach(buttons[Math.min(buttons.length - 1, Math.max(0, to))]);
  }

  function reach(button) {
    for (const one of list.children) one.tabIndex = one === button ? 0 : -1;
    button.focus();
  }

  return {
    node,
    put(hits, layout) {
      ({ width } = layout);
      const shared = together(hits).slice(-MAX_MARKS);
      keyed(list, parts, shared.map((one) => one.key), () => markButton());
      for (const one of shared) parts.get(one.key).put(one);
      if (shared.length && !list.querySelector('[tabindex="0"]')) list.firstElementChild.tabIndex = 0;
    },
  };
}

function markButton() {
  const node = el("button", { type: "button", tabindex: "-1" });
  return {
    node,
    put({ x, y, width, words }) {
      Object.assign(node.dataset, { x, y });
      const left = width > SIZE_PX ? x : x - SIZE_PX / 2;
      node.style.cssText = `left:${Math.round(left)}px;top:${Math.round(y - SIZE_PX / 2)}px;width:${Math.round(Math.max(SIZE_PX, width))}px`;
      if (node.getAttribute("aria-label") !== words) node.setAttribute("aria-label", words);
    },
  };
}
