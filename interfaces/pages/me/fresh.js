// What is for good is done only by who has signed in a moment ago; others do that again first.
import { ask } from "/ask.js";
import { signIn } from "/passkey.js";

// There is no passkey to sign in with again: an Error whose `href` leads to the other way.
class Again extends Error {
  constructor(by) {
    super("For this, you signed in too long ago:");
    this.href = `/sign-in?${new URLSearchParams({ by, return: location.pathname })}`;
    this.way = "sign in again";
  }
}

// Does some work for somebody, who is asked for the passkey of their account where that has to be.
export async function fresh(work, account, scope = "player") {
  try {
    return await work();
  } catch (error) {
    if (!error.type?.endsWith("sign-in-too-old")) throw error;
    const { passkeys } = account ? await ask("/api/v1/me/passkeys") : { passkeys: [] };
    if (!passkeys.length) throw new Again(scope === "admin" ? "operator" : account?.email ? "mail" : "provider");
    await signIn();
    return work();
  }
}
