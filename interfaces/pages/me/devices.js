// Where somebody is signed in: end one, or all others.
import { ask } from "/ask.js";
import { element } from "/element.js";
import { card, day, thing } from "/section.js";

const MINE = "/api/v1/me/sessions";
const WAYS = { guest: "as a guest", link: "by a link", provider: "with an account elsewhere", passkey: "with a passkey", mail: "by mail" };

export async function devices() {
  const list = element("ul", { className: "things" });
  const others = element("button", { type: "button", className: "quiet", textContent: "Sign out everywhere else" });
  const out = element("button", { type: "button", className: "quiet", textContent: "Sign out here" });
  const { made, attempt } = card("Where you are signed in", list, element("p", { className: "ways" }, out, others));

  function shown(each) {
    const name = each.device || "A browser";
    const told = `Signed in ${WAYS[each.way] ?? ""} since ${day(each.began_at)}, until ${day(each.expires_at)}`;
    if (each.current) return thing(element("strong", { textContent: `${name}, this one` }), told);
    const end = element("button", { type: "button", className: "quiet", textContent: "Sign out" });
    end.setAttribute("aria-label", `Sign out on ${name}`);
    end.addEventListener("click", () =>
      attempt(async () => {
        await ask(`${MINE}/${each.id}/end`, { body: {} });
        await look();
      }, end),
    );
    return thing(name, `${told}; last seen ${day(each.seen_at)}`, end);
  }

  async function look() {
    const { sessions } = await ask(MINE);
    others.hidden = sessions.length < 2;
    list.replaceChildren(...sessions.map(shown));
  }

  others.addEventListener("click", () =>
    attempt(async () => {
      await ask(`${MINE}/end-others`, { body: {} });
      await look();
    }, others),
  );
  out.addEventListener("click", () =>
    attempt(async () => {
      await ask("/api/v1/sign-out", { body: {} });
      location.assign("/sign-in");
    }, out),
  );
  await look();
  return made;
}
