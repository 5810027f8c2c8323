// Which page is open. Set by the page's part when it is mounted, read by the header.

let page = { session: null, last: null };

const NONE = { session: null, last: null };

/** {session: id or null on any other page, last: the last known state of that session, for when it has ended}. */
export const openPage = () => (location.pathname.startsWith("/session/") ? page : NONE);

export function setPage(next) {
  page = { session: null, last: null, ...next };
}
