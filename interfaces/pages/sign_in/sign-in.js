// Signs somebody in: by the link that led here, by a passkey, by mail, as a guest, or not at all.
import { ask } from "/ask.js";
import { next } from "/next.js";
import { signIn } from "/passkey.js";
import { tell as tellOf } from "/tell.js";
import { askForMail, enterCode, enterLink } from "/sign-in/mail.js";

const at = (id) => document.getElementById(id);
const search = new URLSearchParams(location.search);
const by = search.get("by"); // one way alone, also for who is signed in
const FIELDS = { guest: "guest-name", mail: "email" };

function show(id, sentence = "") {
  at(id).hidden = !sentence;
  at(id).textContent = sentence;
}

const REFUSED = {
  away: "The provider does not answer; try again in a while.",
  disabled: "Your account is disabled; whoever runs this hall can tell you why.",
  refused: "You have not been signed in; try again, at one browser from beginning to end.",
};

function tell({ guests, provider, mail, me }) {
  const ways = { passkey: true, guest: guests, mail, provider, operator: true };
  const alone = Object.keys(ways).find((way) => way === by && ways[way]);
  at("signed-in").hidden = !me || !!alone;
  for (const way in ways) at(way).hidden = !ways[way] || (alone ? way !== alone : !!me);
  at("code").hidden = true;
  at("provider-name").textContent = provider ?? "";
  if (next)
    for (const way of [at("provider").querySelector("a"), at("sign-up")])
      way.search = new URLSearchParams({ return: next });
  if (alone || !me) return at(FIELDS[alone ?? (guests ? "guest" : mail && "mail")])?.focus();
  at("name").textContent = me.name;
  at("until").textContent =
    (me.scope === "admin" ? "You run this hall from this browser, until " : "At this browser, until ") +
    new Date(me.expires_at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" }) + ".";
  at("about-me").hidden = me.scope === "admin";
  at("go-on").textContent = next ? "Go on" : "Play";
  at("go-on").href = next ?? "/play";
}

async function look() {
  tell(await ask("/api/v1/sign-in"));
}

async function byLink(code) {
  history.replaceState(null, "", location.pathname + location.search); // the link is used up
  const me = await ask("/api/v1/sign-in/link", { body: { code } });
  if (next) return location.replace(next);
  tell({ me });
  at("signed-in").querySelector("h2").focus();
}

// Goes on with who has come in by mail, or to where an account is opened with the address.
function come(me) {
  if (!me) return location.assign("/sign-up?" + new URLSearchParams({ by: "mail", ...(next && { return: next }) }));
  location.assign(next ?? "/play");
}

async function attempt(work, problem = "problem") {
  try {
    await work();
    show(problem);
  } catch (error) {
    show(problem, error.message);
  }
}

at("guest").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = at("guest-name").value.trim().replace(/\s+/g, " ").normalize("NFKC");
  attempt(async () => {
    if (!name) throw new Error("Give a name of 1 to 24 characters.");
    await ask("/api/v1/sign-in/guest", { body: { name } });
    location.assign(next ?? "/play");
  }, "guest-wrong").then(() => at("guest-name").focus());
});

at("passkey-go").addEventListener("click", async ({ target }) => {
  target.disabled = true;
  try {
    await signIn();
    location.assign(next ?? "/play");
  } catch (error) {
    tellOf(at("passkey-wrong"), error);
  } finally {
    target.disabled = false;
  }
});

at("mail").addEventListener("submit", (event) => {
  event.preventDefault();
  const email = at("email").value.trim();
  attempt(async () => {
    if (!email) throw new Error("Give the address that the mail is to go to.");
    await askForMail(email);
    at("sent-to").textContent = email;
    at("mail").hidden = true;
    at("code").hidden = false;
  }, "mail-wrong").then(() => at(at("code").hidden ? "email" : "digits").focus());
});

at("code").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => come(await enterCode(at("digits").value)), "code-wrong").then(() => at("digits").focus());
});

at("another").addEventListener("click", () => {
  at("code").hidden = true;
  at("mail").hidden = false;
  at("email").focus();
});

at("sign-out").addEventListener("click", () =>
  attempt(async () => {
    await ask("/api/v1/sign-out", { body: {} });
    await look();
  }),
);

const told = new URLSearchParams(location.hash.slice(1));
const code = told.get("link"), mailed = told.get("mail");
show("problem", REFUSED[told.get("problem")]);
if (code) await attempt(() => byLink(code));
if (mailed) {
  // Not by itself: programs that look at mails open links too, and nobody comes in as somebody else unasked.
  history.replaceState(null, "", location.pathname + location.search);
  at("use-link").addEventListener("click", () => attempt(async () => come(await enterLink(mailed)), "mail-link-wrong"));
  at("mail-link").hidden = false;
  at("mail-link").querySelector("h2").focus();
} else if (at("signed-in").hidden) await look().catch((error) => show("problem", error.message));
