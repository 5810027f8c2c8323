// The tree of all seals of an installation (RFC 9162): what a proof comes to.
import { isSame, sha256 } from "./bytes.mjs";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export const leafHash = (leaf) => sha256(LEAF, leaf);
const nodeHash = (left, right) => sha256(NODE, left, right);

// `leaves`: [place, hash], ascending. `hashes`: of each part of the tree that holds none of them, from left to right. Null where they do not
// go round.
export async function rootOfLeaves(leaves, size, hashes) {
  let used = 0;
  const part = async (first, last, low, high) => {
    if (low === high) return hashes[used++] ?? LEAF;
    if (last - first === 1) return leaves[low][1];
    const middle = first + 2 ** (Math.ceil(Math.log2(last - first)) - 1);
    let cut = low;
    for (let end = high; cut < end; ) {
      const at = (cut + end) >> 1;
      if (leaves[at][0] < middle) cut = at + 1;
      else end = at;
    }
    const left = await part(first, middle, low, cut);
    return nodeHash(left, await part(middle, last, cut, high));
  };
  const root = await part(0, size, 0, leaves.length);
  return used === hashes.length ? root : null;
}

// The root that the tree of `size` leaves has if it begins with that of `old` (0 < old < size); null where the proof is none.
export async function growsInto(old, oldRoot, size, hashes) {
  let place = BigInt(old - 1);
  let edge = BigInt(size - 1);
  const up = () => {
    place >>= 1n;
    edge >>= 1n;
  };
  while (place & 1n) up();
  const given = [...hashes];
  let before = place ? given.shift() : oldRoot;
  let after = before;
  for (; edge; up()) {
    if (!(place & 1n) && place >= edge) continue;
    const sibling = given.shift();
    if (!before || !sibling) return null;
    if (place & 1n) {
      before = await nodeHash(sibling, before);
      after = await nodeHash(sibling, after);
    } else {
      after = await nodeHash(after, sibling);
    }
  }
  return before && !given.length && isSame(before, oldRoot) ? after : null;
}
