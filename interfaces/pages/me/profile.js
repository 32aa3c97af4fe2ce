// The profile: a handle, and what somebody says of themselves.
import { ask } from "/ask.js";
import { element } from "/element.js";
import { card, field } from "/section.js";

const MINE = "/api/v1/me/account";

export function profile({ account }) {
  const handle = element("input", { maxLength: 30, autocomplete: "username", spellcheck: false, value: account.handle });
  const save = element("button", { textContent: "Save" });
  const name = element("input", { maxLength: 100, autocomplete: "nickname", spellcheck: false, value: account.display_name ?? "" });
  const zone = element("input", { maxLength: 64, spellcheck: false, value: account.time_zone });
  const language = element("input", { maxLength: 35, spellcheck: false, value: account.language });
  zone.setAttribute("list", "zones");
  const zones = element("datalist", { id: "zones" }, ...Intl.supportedValuesOf("timeZone").map((value) => element("option", { value })));
  const said = element("p", { className: "note", role: "status" });
  const form = element(
    "form",
    { noValidate: true },
    field("handle", "Handle", handle, "Others find you by it. A former one is held for you for 30 days."),
    field("display-name", "What you want to be called", name, "Everybody sees it."),
    element("div", { className: "pair" }, field("zone", "Time zone", zone), field("language", "Language", language)),
    zones,
    save,
    said,
  );
  const { made, attempt } = card("Profile", form);

  async function change() {
    said.textContent = "";
    const wanted = handle.value.trim();
    if (wanted.toLowerCase() !== account.handle) {
      account.handle = (await ask(`${MINE}/handle`, { body: { handle: wanted } })).handle;
      handle.value = account.handle;
    }
    const display_name = name.value.trim() || null;
    const body = { display_name, time_zone: zone.value.trim(), language: language.value.trim() };
    await ask(`${MINE}/profile`, { body });
    said.textContent = "Saved.";
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(change, save);
  });
  return made;
}
