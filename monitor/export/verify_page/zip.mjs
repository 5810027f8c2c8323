// The archive of a bundle, read as strictly as it is written: whatever could be otherwise in a ZIP file has one form here.
import { crc32, isSame, joined, utf8 } from "./bytes.mjs";
import { Refused } from "./words.mjs";

const MAX_FILES = 1_000;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,80}(\/[A-Za-z0-9][A-Za-z0-9._-]{0,80})?$/;
const STORED = 0;
const DEFLATED = 8;
const LARGE = 45; // version that a reader needs for the form for large files; 20 for the plain one
const FLAGS = 8; // sizes and check sum follow the contents
const DATE = 0x21; // 1 January 1980
const MODE = 0o644 * 65536;
const UNKNOWN = 0xffffffff;

// [width, value] pairs, little endian.
function packed(...fields) {
  const bytes = [];
  for (const [width, value] of fields) for (let at = 0, rest = value; at < width; at += 1, rest = Math.floor(rest / 256)) bytes.push(rest % 256);
  return Uint8Array.from(bytes);
}

function headers(member) {
  const { version, method, crc, size, start } = member;
  const name = utf8.encode(member.name);
  const isLarge = version === LARGE;
  const shown = isLarge ? UNKNOWN : 0;
  const extra = isLarge ? packed([2, 1], [2, 16], [8, 0], [8, 0]) : new Uint8Array();
  const wide = isLarge ? 8 : 4;
  const about = [[2, FLAGS], [2, method], [2, 0], [2, DATE]];
  const local = packed([4, 0x04034b50], [2, version], ...about, [4, 0], [4, shown], [4, shown], [2, name.length], [2, extra.length]);
  const sizes = [[4, member.crc], [4, member.packed], [4, size]];
  const central = packed([4, 0x02014b50], [1, version], [1, 3], [2, version], ...about, ...sizes, [2, name.length], [8, 0], [4, MODE], [4, start]);
  return {
    local: joined([local, name, extra]),
    descriptor: packed([4, 0x08074b50], [4, crc], [wide, member.packed], [wide, size]),
    central: joined([central, name]),
  };
}

// The files in their order. Throws Refused for anything that is not in its place or not in its one form.
export function readArchive(data) {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const end = data.length - 22;
  if (end < 0 || view.getUint32(end, true) !== 0x06054b50)
    throw new Refused("not a ZIP archive that ends where it should: it was cut off, or something was added to it");
  const [count, size, directory] = [view.getUint16(end + 10, true), view.getUint32(end + 12, true), view.getUint32(end + 16, true)];
  if (directory + size !== end || count === 0 || count > MAX_FILES)
    throw new Refused("the end of the archive does not say where its directory is: something was cut out or added");
  if (!isSame(data.subarray(end), packed([4, 0x06054b50], [4, 0], [2, count], [2, count], [4, size], [4, directory], [2, 0])))
    throw new Refused("the end of the archive is not in its one form");
  return readDirectory(data, view, directory, end, count);
}

function readDirectory(data, view, directory, end, count) {
  const members = [];
  let at = directory;
  let place = 0;
  for (let number = 0; number < count; number += 1) {
    if (at + 46 > end) throw new Refused("the directory of the archive is cut off");
    const name = new TextDecoder().decode(data.subarray(at + 46, at + 46 + view.getUint16(at + 28, true)));
    if (!NAME.test(name)) throw new Refused(`the archive holds a file with a name that none may have: ${JSON.stringify(name.slice(0, 80))}`);
    if (members.some((member) => member.name.toLowerCase() === name.toLowerCase())) throw new Refused("the archive holds two files of this name", { file: name });
    const member = { name, version: data[at + 6], method: view.getUint16(at + 10, true), crc: view.getUint32(at + 16, true) };
    Object.assign(member, { packed: view.getUint32(at + 20, true), size: view.getUint32(at + 24, true), start: view.getUint32(at + 42, true) });
    if (![STORED, DEFLATED].includes(member.method) || ![20, LARGE].includes(member.version)) throw new Refused("it is packed in a way that a bundle does not use", { file: name });
    const { local, descriptor, central } = headers(member);
    if (!isSame(data.subarray(at, at + central.length), central)) throw new Refused("its record in the directory of the archive is not in its one form", { file: name });
    if (member.start !== place || !isSame(data.subarray(place, place + local.length), local))
      throw new Refused("its header is not where and what the directory of the archive says", { file: name });
    member.data = data.subarray(place + local.length, place + local.length + member.packed);
    place += local.length + member.packed;
    if (place > directory || !isSame(data.subarray(place, place + descriptor.length), descriptor))
      throw new Refused("what follows its contents is not what the directory of the archive says", { file: name });
    place += descriptor.length;
    at += central.length;
    members.push(member);
  }
  if (at !== end) throw new Refused("there is something behind the directory of the archive");
  if (place !== directory) throw new Refused("there is something between the last file and the directory of the archive");
  return members;
}

// What a file holds. Stops as soon as it unpacks to more than it says.
export async function unpack(member) {
  const wrong = (what) => new Refused(what, { file: member.name });
  let content = member.data;
  if (member.method === DEFLATED) {
    const parts = [];
    let size = 0;
    const reader = new Blob([member.data]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
    try {
      for (let block = await reader.read(); !block.done; block = await reader.read()) {
        size += block.value.length;
        if (size > member.size) throw wrong(`it unpacks to more than the ${member.size} bytes it says`);
        parts.push(block.value);
      }
    } catch (error) {
      throw error instanceof Refused ? error : wrong("its packed bytes were changed: they cannot be unpacked");
    } finally {
      await reader.cancel().catch(() => {});
    }
    content = joined(parts);
  }
  if (content.length !== member.size || crc32(content) !== member.crc) throw wrong("it does not unpack to what its size and check sum say");
  return content;
}
