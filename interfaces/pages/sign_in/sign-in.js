// Signs somebody in: by the link that led here, by a passkey, as a guest, or not at all.
import { ask } from "/ask.js";
import { signIn, tell as tellOf } from "/passkey.js";

const at = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search).get("return");
// Only an address of this hall: an own path, which no browser reads as another host.
const next = asked && /^\/(?![/\\])[^\\\s]*$/.test(asked) ? asked : null;

function show(id, sentence = "") {
  at(id).hidden = !sentence;
  at(id).textContent = sentence;
}

const REFUSED = {
  away: "The provider does not answer; try again in a while.",
  disabled: "Your account is disabled; whoever runs this hall can tell you why.",
  refused: "You have not been signed in; try again, at one browser from beginning to end.",
};

function tell({ guests, provider, me }) {
  at("signed-in").hidden = !me;
  at("guest").hidden = !!me || !guests;
  at("operator").hidden = !!me;
  at("passkey").hidden = !!me;
  at("provider").hidden = !!me || !provider;
  at("provider-name").textContent = provider ?? "";
  if (next)
    for (const way of [at("provider").querySelector("a"), at("sign-up")])
      way.search = new URLSearchParams({ return: next });
  if (!me) return guests ? at("guest-name").focus() : undefined;
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

at("sign-out").addEventListener("click", () =>
  attempt(async () => {
    await ask("/api/v1/sign-out", { body: {} });
    await look();
  }),
);

const told = new URLSearchParams(location.hash.slice(1));
const code = told.get("link");
show("problem", REFUSED[told.get("problem")]);
if (code) await attempt(() => byLink(code));
if (at("signed-in").hidden) await look().catch((error) => show("problem", error.message));
