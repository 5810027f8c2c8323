// Ed25519 by the browser's own cryptography.
import { base64, hex, sha256, utf8 } from "./bytes.mjs";
import { canonical, without } from "./canonical.mjs";
import { Refused } from "./words.mjs";

// A browser without it throws: that is no verdict.
export async function isSignedBy(publicKey, signature, message) {
  let key;
  try {
    key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
  } catch (error) {
    if (error.name === "NotSupportedError") throw error;
    return false;
  }
  return crypto.subtle.verify("Ed25519", key, signature, message);
}

export const keyId = async (publicKey) => hex(await sha256(publicKey)).slice(0, 16);

export async function checkSignature(manifest, where) {
  const publicKey = base64(manifest.public_key, 32);
  const signature = base64(manifest.signature, 64);
  if (!publicKey || !signature) throw new Refused("the public key or the signature is not base64 of its length", where);
  if (!(await isSignedBy(publicKey, signature, utf8.encode(canonical(without(manifest, "signature"))))))
    throw new Refused("the signature does not fit the manifest: it was changed after it was signed", where);
  if (manifest.installation !== (await keyId(publicKey))) throw new Refused("the installation is not named after the key that signed", where);
}
