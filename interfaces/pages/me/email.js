// The e-mail address: another one, which a code proves, or none.
import { ask, position } from "/ask.js";
import { element } from "/element.js";
import { fresh } from "/me/fresh.js";
import { card, field } from "/section.js";

const MINE = "/api/v1/me/account/email";

export function email({ account, mail }) {
  if (!mail && !account.email) return null;
  const now = element("p", { className: "note" });
  const remove = element("button", { type: "button", className: "quiet", textContent: "Remove", ariaLabel: "Remove the address" });
  const address = element("input", { type: "email", maxLength: 254, autocomplete: "email", spellcheck: false });
  const send = element("button", { className: "quiet", textContent: "Send a code there" });
  const asking = element("form", { noValidate: true, hidden: !mail },
    field("new-email", "A new address", address), element("p", { className: "ways" }, send, remove));
  const code = element("input", { maxLength: 20, inputMode: "numeric", autocomplete: "one-time-code", spellcheck: false });
  const confirm = element("button", { textContent: "Confirm" });
  const back = element("button", { type: "button", className: "quiet", textContent: "Another address" });
  const proving = element("form", { noValidate: true, hidden: true },
    field("email-code", "The code", code, "A mail is on its way; an address gets five in an hour."),
    element("p", { className: "ways" }, confirm, back));
  const { made, attempt } = card("E-mail address", now, asking, proving);

  // Shows the forms anew: to ask for a code, or to give the one that was sent.
  function turn(isSent) {
    asking.hidden = isSent;
    proving.hidden = !isSent;
    code.value = "";
    (isSent ? code : address).focus();
  }

  function tell() {
    now.replaceChildren(...(account.email ? ["Mails to ", element("strong", { textContent: account.email }), " sign you in."]
      : ["None. With one, you sign in by mail where you have no passkey."]));
    remove.hidden = !account.email;
  }

  async function change(what, body) {
    await fresh(() => ask(`${MINE}/${what}`, { body }), account);
    account.email = (await ask("/api/v1/me/account", { after: position })).email;
    address.value = "";
    tell();
    turn(false);
  }

  asking.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      const wanted = address.value.trim();
      if (!wanted) throw new Error("Give the address that the code is to go to.");
      await fresh(() => ask(MINE, { body: { email: wanted } }), account);
      turn(true);
    }, send);
  });
  proving.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(() => change("confirm", { code: code.value }), confirm);
  });
  back.addEventListener("click", () => turn(false));
  remove.addEventListener("click", () => attempt(() => change("remove", {}), remove));
  tell();
  return made;
}
