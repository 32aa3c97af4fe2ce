// Signs somebody up: a handle, a passkey, and an account that is entered by it.
import { ask } from "/ask.js";
import { called } from "/called.js";
import { forget, make, tell } from "/passkey.js";

const at = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search).get("return");
// Only an address of this hall: an own path, which no browser reads as another host.
const next = asked && /^\/(?![/\\])[^\\\s]*$/.test(asked) ? asked : "/me";
if (asked) at("known").search = new URLSearchParams({ return: next });

function profile() {
  const language = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(navigator.language) ? navigator.language : "en";
  const time_zone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC";
  const display_name = at("display-name").value.trim() || null;
  return { display_name, time_zone, language };
}

async function signUp() {
  const handle = at("handle").value.trim();
  if (!handle) throw new Error("Choose a handle.");
  const keep = !at("keeping").hidden && at("keep").checked;
  const credential = await make("/api/v1/sign-up/options", { handle, keep });
  try {
    await ask("/api/v1/sign-up", { body: { handle, keep, credential, ...profile() } });
  } catch (error) {
    if (error.status < 500) forget(location.hostname, credential.id); // nobody has it
    throw error;
  }
  location.assign(next);
}

at("account").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = at("account").querySelector("button");
  button.disabled = true;
  try {
    await signUp();
    tell(at("wrong"));
  } catch (error) {
    tell(at("wrong"), error);
    at("handle").focus();
  } finally {
    button.disabled = false;
  }
});

try {
  const { me } = await ask("/api/v1/sign-in");
  at("keeping").hidden = me?.scope !== "player";
  at("guest-name").textContent = called(me?.name);
} catch (error) {
  tell(at("wrong"), error);
}
at("handle").focus();
