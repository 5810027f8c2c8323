// Entry of the live parts: starts the feed once, and says how each part is mounted.

import { announcer } from "./announce.mjs";
import { awake } from "./awake.mjs";
import { emptyPage } from "./empty_page.mjs";
import { startFeed, subscribe } from "./feed.mjs";
import { mountHeader } from "./header.mjs";
import { kiosk } from "./kiosk.mjs";
import { overlay } from "./overlay.mjs";
import { openPage } from "./page.mjs";
import { mountRecord } from "./record_page.mjs";
import { mountSession } from "./session.mjs";
import { presence } from "./presence.mjs";
import { flashTimes } from "./signals.mjs";
import { prepareSound } from "./sound.mjs";
import { keepAwake } from "./wake_lock.mjs";
import { mountWard } from "./ward.mjs";
import { roomName, words } from "./words.mjs";

export const mount = { header: mountHeader, ward: mountWard, session: (root, props) => mountSession(root, props.session), record: (root, props) => mountRecord(root, props.session) };

function pageTitle(view) {
  const { session, last } = openPage();
  if (session === null) return words.header.ward;
  const room = (view.state.sessions[session] ?? last)?.room;
  return room ? roomName(room) : session;
}

for (const [name, value] of Object.entries(flashTimes())) document.documentElement.style.setProperty(name, value);
subscribe(overlay());
subscribe(announcer(pageTitle));
subscribe(presence());
subscribe(emptyPage());
subscribe(kiosk());
subscribe(awake());
prepareSound();
keepAwake();
startFeed();
