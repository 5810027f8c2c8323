// Entry of the live parts: starts the feed once, and says how each part is mounted.

import { announcer } from "./announce.mjs";
import { awake } from "./awake.mjs";
import { emptyPage } from "./empty_page.mjs";
import { afterSnapshot, startFeed, subscribe } from "./feed.mjs";
import { mountHeader } from "./header.mjs";
import { keepFlashing } from "./flash.mjs";
import { kiosk } from "./kiosk.mjs";
import { overlay } from "./overlay.mjs";
import { openPage } from "./page.mjs";
import { mountRecord } from "./record_page.mjs";
import { mountSession } from "./session.mjs";
import { presence } from "./presence.mjs";
import { prepareSound } from "./sound.mjs";
import { isQuiet } from "./rest.mjs";
import { keepAwake } from "./wake_lock.mjs";
import { mountWard } from "./ward.mjs";
import { roomName, words } from "./words.mjs";

const IDLE_MS = 500;
const LOOK_MS = 50;

export const mount = { header: mountHeader, ward: mountWard, session: (root, props) => mountSession(root, props.session), record: (root, props) => mountRecord(root, props.session) };

/** When the first snapshot is on the screen, with what the page asked for, and the browser is idle: the time for what is large and not seen. */
export function shown() {
  const whenIdle = window.requestIdleCallback ?? ((run) => setTimeout(run, IDLE_MS));
  return new Promise((done) => {
    const stop = afterSnapshot(() => {
      stop();
      const look = () => (isQuiet() ? done() : setTimeout(() => whenIdle(look, { timeout: IDLE_MS }), LOOK_MS));
      requestAnimationFrame(() => whenIdle(look, { timeout: IDLE_MS }));
    });
  });
}

function pageTitle(view) {
  const { session, last } = openPage();
  if (session === null) return words.header.ward;
  const room = (view.state.sessions[session] ?? last)?.room;
  return room ? roomName(room) : session;
}

subscribe(overlay());
subscribe(announcer(pageTitle));
subscribe(presence());
subscribe(emptyPage());
subscribe(kiosk());
subscribe(awake());
subscribe(keepFlashing, { hasValues: true });
prepareSound();
keepAwake();
startFeed();
