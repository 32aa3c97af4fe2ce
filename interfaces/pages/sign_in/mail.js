// Signs somebody in by mail; for every page that does.
import { ask } from "/ask.js";

const MAIL = "/api/v1/sign-in/mail";

// Has a code and a link sent to an address, whether anybody has an account with it or not.
export function askForMail(email) {
  return ask(MAIL, { body: { email } });
}

// Who is signed in by a code, at the browser that asked for it; null where an account may be opened.
export async function enterCode(code) {
  return (await ask(`${MAIL}/code`, { body: { code } })).me;
}

// The same, by what a link has behind `#mail=`.
export async function enterLink(link) {
  return (await ask(`${MAIL}/link`, { body: { link } })).me;
}

// The address that this browser has proven, and may open an account with; null where there is none.
export async function provenAddress() {
  return (await ask(`${MAIL}/proven`).catch(() => null))?.email ?? null;
}

// Opens an account with that address: a handle, and a profile if there is one to tell.
export function register(account) {
  return ask(`${MAIL}/register`, { body: account });
}
