// Friends: who asks, who is asked, who is a friend, who is blocked, and a form to ask somebody.
import { ask } from "/ask.js";
import { called } from "/called.js";
import { handleOf } from "/naming.js";
import { tell } from "/tell.js";
import { asking } from "/friends/asking.js";
import { hiding } from "/friends/hiding.js";
import { lists } from "/friends/lists.js";

const LOOK_EVERY_MS = 10_000; // who is there
const SOON_MS = 1_500; // by when the lists show what the feed tells at once
const FRIENDLY = /^friend-/;
const at = (id) => document.getElementById(id);

function turnAway() {
  at("sections").replaceChildren();
  at("nobody").hidden = false;
  at("who").textContent = "Sign in";
}

// Looks at all lists, one look at a time; what comes meanwhile is looked at after that.
function looking(look) {
  let running = null, isAskedAgain = false;
  async function run() {
    do {
      isAskedAgain = false;
      await look().then(() => tell(at("problem")), failed);
    } while (isAskedAgain);
    running = null;
  }
  return () => {
    isAskedAgain = running !== null;
    return (running ??= run());
  };
}

function failed(error) {
  if (error.status === 401 || error.status === 403) turnAway();
  else tell(at("problem"), error);
}

async function show() {
  const { me } = await ask("/api/v1/sign-in");
  if (me?.scope !== "player") return turnAway();
  at("who").textContent = called(me.name);
  at("who").href = "/me";
  const say = (sentence) => { at("said").textContent = sentence; };
  const shown = lists({ say, changed: () => look() });
  const look = looking(shown.look);
  const form = asking({ name: (await handleOf(me.user_id)) ?? me.user_id, say, changed: look });
  at("sections").append(form, ...shown.sections, await hiding({ say }));
  follow(look);
  setInterval(() => document.hidden || shown.lookWhoIsThere().catch(failed), LOOK_EVERY_MS);
  await look();
}

// The bell hears what is told. An entry may come before the lists show what it tells of.
function follow(look) {
  const soon = () => (look(), setTimeout(look, SOON_MS));
  addEventListener("told", ({ detail: { type, payload } }) => {
    if (type === "looked" || type === "read" || (type === "entry" && FRIENDLY.test(payload.kind))) soon();
  });
  document.addEventListener("visibilitychange", () => document.hidden || look());
}

await show().catch((error) => tell(at("problem"), error));
