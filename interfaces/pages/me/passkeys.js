// Passkeys: by what somebody signs in; add one, remove one.
import { ask, position } from "/ask.js";
import { element } from "/element.js";
import { forget, make } from "/passkey.js";
import { fresh } from "/me/fresh.js";
import { card, day, thing } from "/section.js";

const MINE = "/api/v1/me/passkeys";

export async function passkeys({ account }) {
  const list = element("ul", { className: "things" });
  const add = element("button", { type: "button", className: "quiet", textContent: "Add a passkey" });
  const note = element("p", { className: "note", textContent: "One for each device that does not share them with another, so that you can sign in when one is lost." });
  const { made, attempt } = card("Passkeys", note, list, element("p", { className: "ways" }, add));

  function shown(each, n) {
    const remove = element("button", { type: "button", className: "quiet", textContent: "Remove" });
    const name = each.name ?? `Passkey ${n + 1}`;
    remove.setAttribute("aria-label", `Remove ${name}`);
    remove.addEventListener("click", () => attempt(() => take(each), remove));
    return thing(name, `${each.synced ? "On all your devices" : "On one device"}, since ${day(each.added_at)}`, remove);
  }

  async function take({ credential_id }) {
    await fresh(() => ask(`${MINE}/${credential_id}/remove`, { body: {} }), account);
    forget(location.hostname, credential_id);
    await look();
  }

  async function look() {
    const told = await ask(MINE, { after: position });
    list.replaceChildren(...told.passkeys.map(shown));
  }

  add.addEventListener("click", () =>
    attempt(async () => {
      const credential = await fresh(() => make(`${MINE}/options`), account);
      await ask(`${MINE}/add`, { body: { credential } });
      await look();
    }, add),
  );
  await look();
  return made;
}
