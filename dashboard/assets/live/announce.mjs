// What does not need eyes on this tab: new alerts read out and sounded, the title and the icon of the tab.

import { counts, loudest, newlyRaised } from "./alerts.mjs";
import { el, setText } from "./dom.mjs";
import { sound, soundAgain } from "./sound.mjs";
import { tabIcon, tabTitle } from "./tab.mjs";
import { roomName, say, words } from "./words.mjs";

/** Returns the drawer. `pageTitle()` names the page that is open. */
export function announcer(pageTitle) {
  const urgent = el("div.unseen", { "aria-live": "assertive", id: "announce-high" });
  const calm = el("div.unseen", { "aria-live": "polite", id: "announce-other" });
  document.body.append(urgent, calm);
  let known = null;
  let ordinary = null; // the icon's address while all is well
  return function draw(view) {
    const sessions = Object.values(view.state.sessions);
    if (view.feed !== "connecting") known = tell(sessions);
    sound(view.feed === "connecting" ? null : loudest(sessions), view.silentMs, view.at); // a paused session does not call
    retitle(view, sessions);
  };

  function tell(sessions) {
    const { now, fresh } = newlyRaised(known, sessions);
    if (fresh.length) soundAgain();
    for (const { session, alert } of fresh) setText(alert.priority === "high" ? urgent : calm, sentence(session, alert));
    return now;
  }

  function retitle(view, sessions) {
    const [isLive, found] = [view.feed === "live", counts(sessions)];
    const title = tabTitle(isLive, found, pageTitle(view));
    if (document.title !== title) document.title = title;
    const icon = document.querySelector("link[rel=icon]");
    ordinary ??= icon.getAttribute("href");
    const wanted = (view.feed === "connecting" ? null : tabIcon(isLive, found)) ?? ordinary;
    if (icon.getAttribute("href") !== wanted) icon.setAttribute("href", wanted);
  }
}

function sentence(session, alert) {
  const { title, reason, priority } = alert;
  return say(words.alerts.announce, { room: roomName(session.room), priority: words.header.counts[priority] ?? priority, title, reason });
}
