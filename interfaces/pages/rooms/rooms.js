// Rooms: which there are, and the one that one is in. The room stands in the address, behind `#`.
import { ask, position } from "/ask.js";
import { called } from "/called.js";
import { tell } from "/tell.js";
import { ROOMS, choosing } from "/rooms/choosing.js";
import { inside } from "/rooms/inside.js";

const at = (id) => document.getElementById(id);
const say = (sentence) => { at("said").textContent = sentence; };
const order = (room, what) => ask(`${ROOMS}/${encodeURIComponent(room)}/${what}`, { body: {} });
let me = null;
let shown = null; // the room that is drawn

function turnAway() {
  shown?.end();
  at("view").replaceChildren();
  at("nobody").hidden = false;
  at("who").textContent = "Sign in";
}

async function choose(sentence = "") {
  shown?.end();
  shown = null;
  history.replaceState(null, "", "/rooms");
  at("title").textContent = "Rooms";
  say(sentence);
  const choice = choosing({ enter });
  at("view").replaceChildren(...choice.sections);
  await choice.look(position);
}

// Comes into a room, and draws it.
async function enter(room) {
  await order(room, "join");
  await draw(room);
}

async function draw(room) {
  const { name } = await ask(`${ROOMS}/${encodeURIComponent(room)}`, { after: position });
  shown?.end();
  history.replaceState(null, "", `/rooms#${room}`);
  at("title").textContent = name ?? "A room without a name";
  say("");
  const leave = async () => (await order(room, "leave"), await choose());
  const out = (reason) => choose(reason ? `${reason[0].toUpperCase()}${reason.slice(1)}.` : "").catch(failed);
  shown = inside({ room, me, say, leave, out, refused: turnAway });
  at("view").replaceChildren(shown.view);
  at("title").focus();
}

function failed(error) {
  if (error.status === 401 || error.status === 403) turnAway();
  else tell(at("problem"), error);
}

// Where the address names a room, one goes there; else to the room that one is in, if there is one.
async function begin() {
  const signedIn = (await ask("/api/v1/sign-in")).me;
  if (signedIn?.scope !== "player") return turnAway();
  me = signedIn.user_id;
  at("who").textContent = called(signedIn.name);
  at("who").href = "/me";
  const asked = decodeURIComponent(location.hash.slice(1));
  if (asked && asked !== "main") return enter(asked).catch((error) => choose().then(() => tell(at("problem"), error)));
  const [own] = (await ask(`${ROOMS}/mine`)).inside;
  return own ? draw(own) : choose();
}

addEventListener("hashchange", () => me && location.hash && location.hash !== "#main" && begin().catch(failed));
await begin().catch(failed);
