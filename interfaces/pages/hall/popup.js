// Asks who is signed in what somebody wants to know of them: beside the page, once on each device.
import { ask } from "/ask.js";
import { element } from "/element.js";
import { nameOf } from "/naming.js";
import { tell } from "/tell.js";

const FEED = "/api/v1/me/feed";
const request = (other, what) => `/api/v1/friends/requests/${encodeURIComponent(other)}/${what}`;

// What is asked by an entry of a kind, at which page it stands too, and the answers there are.
const ASKS = {
  "friend-request": {
    asked: (name) => `${name} asks to be your friend`,
    page: "/friends",
    answers: [
      { text: "Accept", path: ({ other }) => request(other, "accept"), said: (name) => `You and ${name} are friends.` },
      { text: "Decline", path: ({ other }) => request(other, "decline"), said: (name) => `You have declined what ${name} asked.` },
    ],
  },
};

const said = element("p", { className: "heard", role: "status" });
const waiting = new Map(); // by number: entries that ask and are not read
let me = null;
let current = null; // the entry that is asked, and what it is asked in
let looks = 0; // of the bell, after each of which what was told before may be over
let fetched = 0; // the look after which all that waits was fetched

// Up to which entry this browser has asked its person. Where somebody is signed in, it keeps such things.
const key = () => `asked:${me.user_id}`;
const askedUpTo = () => Number(localStorage.getItem(key()) ?? 0);
const keep = ({ number }) => number > askedUpTo() && localStorage.setItem(key(), number);

function panel({ entry, name }) {
  const { asked, page, answers } = ASKS[entry.kind];
  const problem = element("p", { className: "wrong", role: "alert", hidden: true });
  const text = element("h2", { id: "popup-text" }, element("a", { href: page }, asked(name)));
  const later = element("button", { type: "button", className: "later" }, "Later");
  later.addEventListener("click", () => leave(entry));
  const given = answers.map((each) => {
    const button = element("button", { type: "button" }, each.text);
    button.addEventListener("click", () => answer(entry, each, name, problem));
    return button;
  });
  const made = element("section", { className: "popup card" }, text, problem, element("p", { className: "ways" }, ...given, later));
  made.setAttribute("role", "dialog");
  made.setAttribute("aria-labelledby", text.id);
  return made;
}

async function answer(entry, { path, said: done }, name, problem) {
  const asking = current, buttons = [...asking.shown.querySelectorAll("button")];
  asking.wasThere = asking.shown.contains(document.activeElement); // which it leaves when it is disabled
  for (const each of buttons) each.disabled = true;
  try {
    await ask(path(entry), { body: {} });
    leave(entry, done(name));
  } catch (error) {
    tell(problem, error);
    for (const each of buttons) each.disabled = false;
    if (asking.wasThere) buttons[0].focus();
  }
}

// Asks no more; whoever was there goes on at what is asked next, or at the bell.
function leave(entry, told = "") {
  keep(entry);
  said.textContent = told;
  waiting.delete(entry.number);
  next();
}

function close() {
  const wasThere = current.wasThere || current.shown?.contains(document.activeElement);
  current.shown?.remove();
  current = null;
  return wasThere;
}

// Asks what is to be asked now, if somebody is there to see it; what is over is asked no more.
async function next() {
  const wasThere = current && !waiting.has(current.entry.number) && close();
  if (wasThere) document.querySelector("button.bell")?.focus();
  if (current || document.hidden) return;
  const numbers = [...waiting.keys()].filter((each) => each > askedUpTo() && !isHere(waiting.get(each)));
  if (numbers.length) await show(waiting.get(Math.min(...numbers)), wasThere);
}

// At the page where it stands nobody is asked beside it.
const isHere = ({ kind }) => location.pathname === ASKS[kind].page;

async function show(entry, isAwaited) {
  const mine = (current = { entry });
  const name = await nameOf(entry.other);
  if (current !== mine) return; // it was answered elsewhere meanwhile
  current.shown = panel({ entry, name });
  document.querySelector(".bell-holder")?.append(said, current.shown);
  if (!entry.isHeard) said.textContent = ASKS[entry.kind].asked(name);
  if (isAwaited) current.shown.querySelector("button").focus();
}

// Whoever does anything at the page has seen what is asked; who is led on to another one has not.
function see() {
  if (current?.shown) keep(current.entry);
}

async function fetchAll(kinds) {
  for (const kind of kinds) {
    const { entries } = await ask(`${FEED}?${new URLSearchParams({ kind, unread: true, archived: false, limit: 100 })}`);
    for (const each of entries) waiting.set(each.number, each);
  }
}

function over({ numbers }) {
  for (const [first, last] of numbers) {
    for (const each of [...waiting.keys()]) if (each >= first && each <= last) waiting.delete(each);
  }
  next();
}

// What the bell hears. How much there is comes first, so that nobody asks the hall for nothing.
const HEARD = {
  looked() {
    looks += 1;
    waiting.clear();
  },
  async state({ by_kind }) {
    if (fetched === looks) return;
    const mine = looks;
    await fetchAll(Object.keys(ASKS).filter((kind) => by_kind[kind]));
    fetched = mine;
    next();
  },
  entry(entry) {
    if (!ASKS[entry.kind] || entry.read) return;
    waiting.set(entry.number, { ...entry, isHeard: true }); // the bell has said it
    if (fetched === looks) next(); // or what waits for longer would be passed over
  },
  read: over,
  archived: over,
};

addEventListener("told", ({ detail }) => {
  me = detail.me;
  HEARD[detail.type]?.(detail.payload)?.catch(() => {}); // a hall that is away says so elsewhere
});
addEventListener("storage", () => {
  if (current && current.entry.number <= askedUpTo()) {
    waiting.delete(current.entry.number);
    next();
  }
});
document.addEventListener("visibilitychange", () => me && next());
document.addEventListener("pointerdown", see, { capture: true });
document.addEventListener("keydown", (event) => {
  see();
  if (event.key === "Escape" && current?.shown?.contains(document.activeElement)) leave(current.entry);
}, { capture: true });
