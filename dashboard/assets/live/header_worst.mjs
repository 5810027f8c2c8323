// The alert that stands in the bar, and so stays in view however far one scrolls.

import { alertLine } from "./alert_line.mjs";
import { inBar } from "./alerts.mjs";
import { el, setAttribute, setText, show } from "./dom.mjs";
import { isKiosk } from "./kiosk.mjs";
import { isNarrow } from "./narrow.mjs";
import { follow } from "./navigate.mjs";
import { openPage } from "./page.mjs";
import { roomName } from "./words.mjs";

/** {node, draw(view)}. Of all rooms on the ward, and where the screen is narrow: there the strip of other rooms scrolls away. */
export function worstAlert() {
  const [room, line] = [el("b"), alertLine()];
  const node = el(isKiosk ? "div.worst" : "a.worst", { id: "worst", ...(isKiosk ? {} : { onclick: follow }) }, room, line.node);
  return {
    node,
    draw(view) {
      const open = openPage().session;
      const found = inBar(Object.values(view.state.sessions), open, isNarrow() || location.pathname === "/");
      show(node, found !== null);
      if (found === null) return;
      if (!isKiosk) setAttribute(node, "href", `/session/${found.session.id}`);
      setText(room, found.session.id === open ? "" : roomName(found.session.room));
      line.put(found.alert, found.session, view);
    },
  };
}
