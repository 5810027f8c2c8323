// The way to what a narrow screen's bar has no room for: pages, theme, mute, log out. A wide one has them all in it (css).

import { el, setAttribute } from "./dom.mjs";
import { words } from "./words.mjs";

const text = words.header;

/** {node}: the button that opens and closes the menu of `bar`. Whatever is chosen in it closes it, but the theme, which is tried out. */
export function menu(bar) {
  const node = el("button.button.quiet.menu", { type: "button", "aria-expanded": "false", "aria-label": text.menu, title: text.menu, onclick: () => open(bar.dataset.menu !== "open") }, el("i"));
  function open(isOpen) {
    setAttribute(bar, "data-menu", isOpen ? "open" : null);
    setAttribute(node, "aria-expanded", String(isOpen));
  }
  bar.addEventListener("click", (event) => event.target.closest(".pages a, .mute") && open(false));
  bar.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || bar.dataset.menu !== "open") return;
    open(false);
    node.focus();
  });
  return { node };
}
