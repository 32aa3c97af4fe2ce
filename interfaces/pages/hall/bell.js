// A bell on every page, for who is signed in: how much there is that they have not read, and the newest of it.
import { ask } from "/ask.js";
import { called } from "/called.js";
import { element, shape } from "/element.js";
import { follow } from "/following.js";
import { nameOf } from "/naming.js";
import "/popup.js";

const FEED = "/api/v1/me/feed";
const SHOWN = 20; // entries in the list
const MOST_COUNTED = 99;

// What an entry says, and where one goes on from there.
const TELLS = {
  "your-move": ({ other }) => [`Your move against ${name(other)}`, "/play"],
  "game-found": ({ other }) => [`${name(other)} plays you`, "/play"],
  "friend-request": ({ other }) => [`${name(other)} asks to be your friend`, "/friends"],
  "friend-accepted": ({ other }) => [`${name(other)} is your friend`, "/friends"],
  "room-invitation": ({ about, other }) => [`${name(other)} invites you into a room`, `/rooms#${about}`],
  "message": ({ other }) => [`${name(other)} writes to you`, null],
  "group-joined": ({ other }) => [`${name(other)} has put you in a group`, null],
  "queue-ready": ({ data }) => [`It is your turn: ${data.event}`, `/queue/${encodeURIComponent(data.event)}`],
};

const when = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const said = element("p", { className: "heard", role: "status" });
const count = element("span", { className: "count", hidden: true });
const button = element("button", { type: "button", className: "bell", ariaExpanded: "false" }, drawn(), count);
const list = element("ul", { role: "list" });
const none = element("p", { className: "note" }, "Nothing yet.");
const all = element("button", { type: "button", className: "quiet" }, "Mark all as read");
const panel = element("section", { id: "bell", className: "bell-panel card", hidden: true, ariaLabel: "What you were told" },
  element("h2", {}, "What you were told"), list, none, all);
button.setAttribute("aria-controls", panel.id);

const entries = new Map(); // by number, as they are known here
const names = new Map(); // of whom the list tells: looked up when somebody looks, and not on every page
let newest = 0;
let isSeen = 0;

function drawn() {
  const path = "M12 3a6 6 0 0 0-6 6v4l-2 4h16l-2-4V9a6 6 0 0 0-6-6zM10 19a2 2 0 0 0 4 0";
  return shape("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, shape("path", { d: path }));
}

const name = (user) => names.get(user) ?? called(user);

async function learn(users) {
  const unknown = [...new Set(users)].filter((each) => each && !names.has(each));
  await Promise.all(unknown.map(async (each) => names.set(each, await nameOf(each))));
  return unknown.length > 0;
}

async function nameAll() {
  if (await learn([...entries.values()].map(({ other }) => other))) draw();
}

function told(entry) {
  const tell = TELLS[entry.kind];
  return tell ? tell(entry) : [entry.kind.replaceAll("-", " "), null];
}

function shown(entry) {
  const [text, href] = told(entry);
  const time = element("time", { dateTime: entry.at }, when.format(new Date(entry.at)));
  const mark = entry.read ? "" : element("span", { className: "heard" }, "unread: ");
  const line = element(href ? "a" : "button", href ? { href } : { type: "button" }, mark, element("strong", {}, text), time);
  line.addEventListener("click", () => read({ numbers: [entry.number] }));
  return element("li", { className: entry.read ? "" : "unread" }, line);
}

function draw() {
  const known = [...entries.values()].filter((each) => !each.archived).sort((a, b) => b.number - a.number);
  for (const { number } of known.slice(SHOWN)) entries.delete(number);
  const focused = [...list.children].findIndex((each) => each.contains(document.activeElement));
  list.replaceChildren(...known.slice(0, SHOWN).map(shown));
  if (focused >= 0) list.children[focused]?.firstElementChild.focus();
  none.hidden = known.length > 0;
}

function stand({ unread, seen, newest: last }) {
  newest = Math.max(newest, last);
  isSeen = Math.max(isSeen, seen);
  count.hidden = all.hidden = unread === 0;
  count.textContent = unread > MOST_COUNTED ? `${MOST_COUNTED}+` : String(unread);
  button.ariaLabel = unread ? `What you were told: ${unread} unread` : "What you were told: nothing unread";
}

function mark(ranges, how) {
  for (const [first, last] of ranges) {
    for (const entry of entries.values()) if (entry.number >= first && entry.number <= last) Object.assign(entry, how);
  }
  draw();
}

const HEARD = {
  state: stand,
  read: ({ numbers }) => mark(numbers, { read: true }),
  archived: ({ numbers }) => mark(numbers, { read: true, archived: true }),
  async entry(entry) {
    entries.set(entry.number, entry);
    draw();
    if (!panel.hidden) see();
    await learn([entry.other]);
    draw();
    said.textContent = told(entry)[0];
  },
};

// What is newest, as it is marked by now; gives the number from which the socket goes on.
async function look() {
  const page = await ask(`${FEED}?archived=false&limit=${SHOWN}`);
  entries.clear();
  for (const entry of page.entries) entries.set(entry.number, entry);
  draw();
  if (!panel.hidden) nameAll();
  return page.after;
}

// What cannot be told now is so when one comes back: the bell stands beside what a page is about.
const quietly = (asked) => asked.then(stand, () => {});
const read = (chosen) => quietly(ask(`${FEED}/read`, { body: chosen, lasting: true }));

function see() {
  if (newest > isSeen) quietly(ask(`${FEED}/seen`, { body: { up_to: newest } }));
}

function open(is) {
  panel.hidden = !is;
  button.ariaExpanded = String(is);
  if (!is) return;
  see();
  nameAll();
}

button.addEventListener("click", () => open(panel.hidden));
all.addEventListener("click", () => {
  read({ up_to: newest });
  button.focus();
});
document.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape" || panel.hidden) return;
  if (panel.contains(document.activeElement)) button.focus();
  open(false);
});
document.addEventListener("click", ({ target }) => {
  if (!panel.hidden && !panel.contains(target) && !button.contains(target) && document.contains(target)) open(false);
});

async function hang() {
  const { me } = await ask("/api/v1/sign-in");
  if (me?.scope !== "player") return;
  const holder = element("div", { className: "bell-holder" }, button, panel, said);
  document.querySelector(".bar").append(holder);
  stand({ unread: 0, seen: 0, newest: 0 });
  const tellPage = (type, payload) => dispatchEvent(new CustomEvent("told", { detail: { me, type, payload } }));
  follow(FEED, {
    look: () => (tellPage("looked"), look()),
    hear(type, payload) {
      HEARD[type]?.(payload);
      tellPage(type, payload);
    },
    count: async () => stand(await ask(`${FEED}/unread`)),
    refused: () => holder.remove(),
  });
}

const quietlyHang = () => hang().catch(() => {}); // a hall that is away says so elsewhere on the page
addEventListener("signed-in", quietlyHang);
quietlyHang();
