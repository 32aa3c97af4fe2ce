// What somebody sees of themselves: a section for each kind of thing, each a module of its own.
import { ask } from "/ask.js";
import { called } from "/called.js";
import { tell } from "/passkey.js";
import { avatar } from "/me/avatar.js";
import { devices } from "/me/devices.js";
import { email } from "/me/email.js";
import { erase } from "/me/erase.js";
import { exported } from "/me/export.js";
import { passkeys } from "/me/passkeys.js";
import { profile } from "/me/profile.js";

// In the order of the page. Each is given who asks, their account, whether the hall sends mail, and
// what to call when they are erased; it gives an element, or null where it has nothing to show. Those
// of `OF_ACCOUNTS` are for who has one.
const OF_ACCOUNTS = [profile, avatar, passkeys, email];
const OF_EVERYBODY = [devices, exported, erase];

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
  const { me, mail } = await ask("/api/v1/sign-in");
  at("nobody").hidden = !!me;
  if (!me) return;
  at("who").textContent = called(me.name);
  const account = me.scope === "player" ? await accountOf() : null;
  at("guest").hidden = !!account || me.scope !== "player";
  at("name").textContent = called(me.name);
  const sections = [...(account ? OF_ACCOUNTS : []), ...OF_EVERYBODY];
  const told = { me, account, mail, onErased };
  const shown = await Promise.all(sections.map((each) => each(told)));
  at("sections").replaceChildren(...shown.filter(Boolean));
}

function onErased(report, complete) {
  if (complete) at("who").textContent = "Sign in";
  at("guest").hidden = true;
  at("sections").replaceChildren(report);
  const heading = report.querySelector("h2");
  heading.tabIndex = -1;
  heading.focus();
}

await show().catch((error) => tell(at("problem"), error));
