// The socket to /stream: opens it, opens it again for ever, resumes where it stopped.
//
// Bounds: one socket at a time; the wait before a try doubles from 250 ms to 5 s, with jitter, and never ends. Time is told from outside
// (`tick`), by a worker, because timers of a hidden tab are throttled to one a minute.

export const FIRST_WAIT_MS = 250;
export const LONGEST_WAIT_MS = 5_000;
export const GIVE_UP_MS = 8_000; // a socket that says nothing for so long is replaced

/** 250, 500, 1000 .. 5000 ms, each times 0.5 to 1.5. `random` is from [0, 1). */
export function waitBefore(attempt, random) {
  return Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS) * (0.5 + random);
}

/**
 * Keeps a stream open. `resumeFrom()` gives {stream, position} or null; `onFrame(text, at)` gets every frame; `onClosed()` is told of an end.
 * Returns {tick, resync, say, number, heardAt, attempt}. `number` tells one open connection from the next; null while none is open.
 */
export function keepStream({ resumeFrom, onFrame, onClosed }) {
  let socket = null;
  let heardAt = performance.now(); // when this socket, or its predecessor, last said anything
  let attempt = 0;
  let retryAt = null;
  let number = 0;

  function connect() {
    retryAt = null;
    number += 1;
    const from = resumeFrom();
    const query = from ? `?stream=${encodeURIComponent(from.stream)}&since=${from.position}` : "";
    const mine = new WebSocket(`${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/stream${query}`);
    socket = mine;
    heardAt = performance.now();
    mine.onopen = () => {
      heardAt = performance.now(); // else a fresh socket is given up before its first frame
    };
    mine.onmessage = (event) => {
      if (socket !== mine) return;
      heardAt = performance.now();
      attempt = 0;
      onFrame(event.data, heardAt);
    };
    mine.onclose = () => {
      if (socket === mine) abandon();
    };
  }

  /** Do not wait for a closing handshake that a dead peer never answers: forget the socket and plan the next. */
  function abandon() {
    const old = socket;
    socket = null;
    old?.close();
    retryAt = performance.now() + waitBefore(attempt, Math.random());
    attempt += 1;
    onClosed();
    askWhoIAm();
  }

  connect();
  return {
    get heardAt() {
      return heardAt;
    },
    get attempt() {
      return attempt;
    },
    get isOpen() {
      return socket?.readyState === WebSocket.OPEN;
    },
    get number() {
      return socket?.readyState === WebSocket.OPEN ? number : null;
    },
    /** Say something to the monitor; nothing is kept for later where no connection is open. */
    say(message) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    },
    resync: abandon,
    tick(now) {
      if (socket && now - heardAt > GIVE_UP_MS) abandon();
      if (!socket && retryAt !== null && now >= retryAt) connect();
    },
  };
}

/** A refusal before the socket is accepted looks like a dead server. Only HTTP tells which it is: 401 means sign in again. */
async function askWhoIAm() {
  try {
    const answer = await fetch("/api/v1/me", { cache: "no-store", signal: AbortSignal.timeout(3_000) });
    if (answer.status === 401) location.assign(`/auth/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  } catch {
    // The server is away: the overlay says so, and the socket is tried again.
  }
}
