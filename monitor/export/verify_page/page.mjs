// The page: a file chosen or dropped, how far it is, and the verdict.
import { base64 } from "./bytes.mjs";
import { verify } from "./bundle.mjs";

const MAX_BYTES = 1 << 30;
const at = (id) => document.getElementById(id);

function show(kind, title, lines) {
  const verdict = at("verdict");
  verdict.className = kind;
  verdict.replaceChildren(...[title, ...lines].map((text, number) => Object.assign(document.createElement(number ? "p" : "h2"), { textContent: text })));
}

async function hasWhatItNeeds() {
  if (!globalThis.crypto?.subtle) return "This browser gives no cryptography to this page. Open it from a file, from https, or from this machine.";
  if (!globalThis.DecompressionStream || !String.prototype.isWellFormed) return "This browser is too old: it cannot unpack an archive (DecompressionStream). Use a newer one, or verify.py.";
  try {
    await crypto.subtle.importKey("raw", new Uint8Array(32).fill(9), "Ed25519", false, ["verify"]);
  } catch (error) {
    if (error.name === "NotSupportedError") return "This browser cannot check Ed25519 signatures. Use Chromium 137, Firefox 129, Safari 17 or newer, or verify.py.";
  }
  return null;
}

function pinnedKey() {
  const text = at("key").value.trim();
  if (!text) return null;
  const key = base64(text, 32);
  if (!key) throw new Error("The public key is not base64 of 32 bytes.");
  return key;
}

async function check(file) {
  const bar = at("bar");
  show("", `Checking ${file.name} \u2026`, []);
  try {
    if (file.size > MAX_BYTES) throw new Error(`${file.name} is larger than the 1 GiB that this page reads. Use verify.py.`);
    const data = new Uint8Array(await file.arrayBuffer());
    bar.hidden = false;
    const found = await verify(data, pinnedKey(), async (share) => {
      bar.value = share;
      await new Promise((done) => setTimeout(done));
    });
    show(found.isVerified ? "verified" : "refused", `${found.isVerified ? "VERIFIED" : "REFUSED"} ${file.name}`, found.lines);
  } catch (error) {
    show("unknown", "NOT CHECKED", [error.message]);
  } finally {
    bar.hidden = true;
  }
}

const missing = await hasWhatItNeeds();
if (missing) {
  show("unknown", "NOT CHECKED", [missing]);
  at("file").disabled = true;
} else {
  at("file").addEventListener("change", (event) => event.target.files.length && check(event.target.files[0]));
  for (const kind of ["dragover", "drop"])
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      if (kind === "drop" && event.dataTransfer.files.length) check(event.dataTransfer.files[0]);
    });
  document.body.dataset.ready = "yes";
}
