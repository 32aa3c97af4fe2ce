// Passkeys: what the hall asks of a device, and what the device answers.
import { ask } from "/ask.js";

const FAILED = {
  NotAllowedError: "Nothing came of it: it was cancelled, or took too long. Try again.",
  AbortError: "Nothing came of it: it was cancelled. Try again.",
  InvalidStateError: "This device has a passkey of this account already.",
  NotSupportedError: "This device makes no passkeys that the hall could use.",
};

// Passkeys are for another address of this hall: an Error whose `href` leads there.
export class Elsewhere extends Error {
  constructor(origin) {
    super("Passkeys of this hall are for another address:");
    this.href = origin + location.pathname + location.search;
    this.way = new URL(origin).host;
  }
}

async function asked(path, body = {}) {
  const { publicKey, origin } = await ask(path, { body });
  if (location.origin !== origin) throw new Elsewhere(origin);
  if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON)
    throw new Error("This browser knows no passkeys; take a newer one.");
  return publicKey;
}

async function answered(work) {
  try {
    return (await work()).toJSON();
  } catch (error) {
    throw new Error(FAILED[error.name] ?? `The device says no: ${error.message}`);
  }
}

// Has a device make the passkey that the hall asks for at an address; what it answers.
export async function make(path, body) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(await asked(path, body));
  return answered(() => navigator.credentials.create({ publicKey }));
}

// Signs somebody in by a passkey of theirs; who that is.
export async function signIn() {
  const options = await asked("/api/v1/sign-in/passkey/options");
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await answered(() => navigator.credentials.get({ publicKey }));
  try {
    return await ask("/api/v1/sign-in/passkey", { body: { credential } });
  } catch (error) {
    if (error.type?.endsWith("passkey-unknown")) forget(options.rpId, credential.id);
    throw error;
  }
}

// Lets the device forget a passkey that nothing came of, where its browser can tell it.
export function forget(rpId, credentialId) {
  PublicKeyCredential.signalUnknownCredential?.({ rpId, credentialId }).catch(() => {});
}
