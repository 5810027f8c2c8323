// What does not need eyes on this tab: new alerts read out and sounded, the title of the tab, the moment the tab was hidden.

import { counts, loudest, newlyRaised } from "./alerts.mjs";
import { el, setText } from "./dom.mjs";
import { sound, soundAgain } from "./sound.mjs";
import { roomName, say, words } from "./words.mjs";

/** Returns the drawer. `pageTitle()` names the page that is open. */
export function announcer(pageTitle) {
  const urgent = el("div.unseen", { "aria-live": "assertive", id: "announce-high" });
  const calm = el("div.unseen", { "aria-live": "polite", id: "announce-other" });
  document.body.append(urgent, calm);
  let known = null;
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
    const found = counts(sessions);
    const marks = [["high", "▲"], ["medium", "◆"], ["low", "●"], ["technical", "■"]].filter(([tone]) => found[tone]);
    const alerts = marks.map(([tone, mark]) => `${mark}${found[tone]}`).join(" ");
    const head = view.feed === "live" ? alerts : words.not_live.title;
    const title = [head, pageTitle(view), words.title].filter(Boolean).join(" · ");
    if (document.title !== title) document.title = title;
  }
}

function sentence(session, alert) {
  const { title, reason, priority } = alert;
  return say(words.alerts.announce, { room: roomName(session.room), priority: words.header.counts[priority] ?? priority, title, reason });
}
