// Signs somebody up: a handle, and an account that is entered by a passkey, or by a proven address.
import { ask } from "/ask.js";
import { called } from "/called.js";
import { next } from "/next.js";
import { forget, make } from "/passkey.js";
import { tell } from "/tell.js";
import { provenAddress, register } from "/sign-in/mail.js";

const at = (id) => document.getElementById(id);
const search = new URLSearchParams(location.search);
const on = next ?? "/me";
if (next) at("known").search = new URLSearchParams({ return: next });
at("by-mail").search = new URLSearchParams({ by: "mail", return: on });
let email = null; // the address to sign in by, where it is not to be a passkey

function profile() {
  const language = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(navigator.language) ? navigator.language : "en";
  const time_zone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC";
  const display_name = at("display-name").value.trim() || null;
  return { display_name, time_zone, language };
}

async function byPasskey({ handle, keep, ...told }) {
  const credential = await make("/api/v1/sign-up/options", { handle, keep });
  try {
    await ask("/api/v1/sign-up", { body: { handle, keep, credential, ...told } });
  } catch (error) {
    if (error.status < 500) forget(location.hostname, credential.id); // nobody has it
    throw error;
  }
}

async function signUp() {
  const handle = at("handle").value.trim();
  if (!handle) throw new Error("Choose a handle.");
  const keep = !at("keeping").hidden && at("keep").checked;
  await (email ? register : byPasskey)({ handle, keep, ...profile() });
  location.assign(on);
}

// Shows that it is an address, which this browser has proven, and no passkey.
function takeAddress() {
  at("way").textContent = "a mail to you";
  at("email").textContent = email;
  at("by-address").hidden = false;
  at("go").textContent = "Sign up";
  at("by-passkey").hidden = at("otherwise").hidden = true;
}

at("account").addEventListener("submit", async (event) => {
  event.preventDefault();
  at("go").disabled = true;
  try {
    await signUp();
    tell(at("wrong"));
  } catch (error) {
    tell(at("wrong"), error);
    at("handle").focus();
  } finally {
    at("go").disabled = false;
  }
});

try {
  const { me, mail } = await ask("/api/v1/sign-in");
  at("otherwise").hidden = !mail;
  at("keeping").hidden = me?.scope !== "player";
  at("guest-name").textContent = called(me?.name);
  if (mail && search.get("by") === "mail") {
    email = await provenAddress();
    if (email) takeAddress();
    else tell(at("problem"), new Error("No address is proven at this browser any more: have another mail sent."));
  }
} catch (error) {
  tell(at("wrong"), error);
}
at("handle").focus();
