// The journal of a session over REST, page by page. Bound: MAX_PAGES pages of 1,000 entries.

import { get } from "./rest.mjs";

const MAX_PAGES = 20;

/** Give each page to `take(entries)`. Returns null, or in words why it could not be read to its end. */
export async function readJournal(id, take) {
  let since = 0;
  for (let page = 0; page < MAX_PAGES && since !== null; page += 1) {
    const answer = await get(`/sessions/${id}/journal?since_seq=${since}`);
    if (!answer.ok) return answer.detail;
    take(answer.body.entries);
    since = answer.body.next_since_seq;
  }
  return null;
}
