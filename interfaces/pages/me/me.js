// What somebody sees of themselves: a section for each kind of thing, each a module of its own.
import { ask } from "/ask.js";
import { called } from "/called.js";
import { tell } from "/passkey.js";
import { devices } from "/me/devices.js";
import { passkeys } from "/me/passkeys.js";
import { profile } from "/me/profile.js";

// In the order of the page. Each is given who asks and their account, and gives an element; those of
// `OF_ACCOUNTS` are for who has one.
const OF_ACCOUNTS = [profile, passkeys];
const OF_EVERYBODY = [devices];

const at = (id) => document.getElementById(id);

async function accountOf() {
  try {
    return await ask("/api/v1/me/account");
  } catch (error) {
    if (error.status === 404 || error.status === 403) return null;
    throw error;
  }
}

async function show() {
  const { me } = await ask("/api/v1/sign-in");
  at("nobody").hidden = !!me;
  if (!me) return;
  at("who").textContent = called(me.name);
  const account = me.scope === "player" ? await accountOf() : null;
  at("guest").hidden = !!account || me.scope !== "player";
  at("name").textContent = called(me.name);
  const sections = [...(account ? OF_ACCOUNTS : []), ...OF_EVERYBODY];
  at("sections").replaceChildren(...(await Promise.all(sections.map((each) => each({ me, account })))));
}

await show().catch((error) => tell(at("problem"), error));
