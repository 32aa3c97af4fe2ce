// Lists of people, and what can be done with each of them.
import { element } from "/element.js";
import { nameOf, named } from "/naming.js";
import { card, day, thing } from "/section.js";
import { order, people } from "/friends/asked.js";

const FIRST = 50, MOST = 1_000; // people of a list

// What becomes of somebody, by the last part of its address.
const DOES = {
  accept: { text: "Accept", below: "/requests", said: (name) => `You and ${name} are friends.` },
  decline: { text: "Decline", below: "/requests", said: (name) => `You have declined what ${name} asked.` },
  cancel: { text: "Take back", below: "/requests", said: (name) => `You ask ${name} no more.` },
  end: { text: "Unfriend", said: (name) => `You and ${name} are friends no more.` },
  block: { text: "Block", said: (name) => `You have blocked ${name}, who is not told.` },
  ask: { text: "Ask", said: (name) => `${name} is asked.` },
  unblock: { text: "Unblock", said: (name) => `You have lifted your block of ${name}.` },
};

const PLAIN = new Set(["accept", "ask"]); // what is most likely wanted of a line

// The address of each takes whom it concerns; who is asked stands in the body, as there is nothing yet.
const does = (what, user_id) =>
  what === "ask" ? order("/requests", { user_id }) : order(`${DOES[what].below ?? ""}/${encodeURIComponent(user_id)}/${what}`);

const since = (word) => (person) => `${word} ${day(person.since)}`;
const known = ({ common }) => (common === 1 ? "A friend of yours knows them" : `${common} of your friends know them`);

// Whether a friend is there, for who looks at the page.
function presence({ online, last_seen }) {
  if (online) return element("small", { className: "online" }, "online");
  return element("small", {}, last_seen ? `last here ${day(last_seen)}` : "not here");
}

// In the order of the page; `of` chooses from what is at an address, and `tells` of each of them.
const LISTS = [
  { title: "They ask you", path: "/requests", of: "asked", can: ["accept", "decline", "block"], none: "Nobody is waiting for your answer.", tells: since("Asks since") },
  { title: "You have asked", path: "/requests", of: "requested", can: ["cancel"], none: "You are waiting for nobody’s answer.", tells: since("Asked on") },
  { title: "Your friends", path: "", of: "friends", can: ["end", "block"], none: "Nobody yet: ask somebody.", tells: since("Since") },
  { title: "You may know", path: "/suggestions", can: ["ask"], none: "Nobody whom your friends know.", tells: known },
  { title: "You have blocked", path: "/blocked", can: ["unblock"], none: "You have blocked nobody.", tells: since("Since") },
];

// The cards, and `look`, which shows what there is, or `lookWhoIsThere` of them; `changed` is called when something was done.
export function lists({ say, changed }) {
  const cards = LISTS.map((each) => listed(each, say, changed));
  const more = element("button", { type: "button", className: "quiet", hidden: true, textContent: "Show more" });
  let most = FIRST;

  async function look() {
    const paths = [...new Set(LISTS.map(({ path }) => path))];
    const there = people("/presence", most).catch(() => ({ people: [] })); // looked for again soon
    const found = await Promise.all(paths.map((path) => people(path, most)));
    await Promise.all(cards.map(({ show }, n) => show(found[paths.indexOf(LISTS[n].path)].people)));
    mark(await there);
    more.hidden = most === MOST || found.every(({ after }) => !after);
  }

  function mark({ people: friends }) {
    const known = new Map(friends.map((each) => [each.user_id, each]));
    for (const place of document.querySelectorAll("[data-friend]")) {
      const friend = known.get(place.dataset.friend);
      place.replaceChildren(...(friend ? [presence(friend)] : []));
    }
  }

  // Who is there changes without a word to the feed.
  const lookWhoIsThere = async () => mark(await people("/presence", most));

  more.addEventListener("click", () => {
    most = MOST;
    changed();
  });
  return { sections: [...cards.map(({ made }) => made), more], look, lookWhoIsThere };
}

function listed({ title, of, can, none, tells }, say, changed) {
  const list = element("ul", { className: "things", role: "list" });
  const nobody = element("p", { className: "note" }, none);
  const { made, attempt } = card(title, list, nobody);
  const heading = made.querySelector("h2");
  heading.tabIndex = -1;
  let shown = null;

  async function show(found) {
    const chosen = found.filter(({ relation }) => relation === of), told = JSON.stringify(chosen);
    if (told === shown) return;
    shown = told;
    const lines = await Promise.all(chosen.map(line));
    const focused = list.contains(document.activeElement) && document.activeElement.ariaLabel;
    list.replaceChildren(...lines);
    if (focused) ([...list.querySelectorAll("button")].find(({ ariaLabel }) => ariaLabel === focused) ?? heading).focus();
    nobody.hidden = lines.length > 0;
  }

  async function line(person) {
    const name = await nameOf(person.user_id);
    const ways = element("p", { className: "ways" }, ...can.map((what) => way(what, person, name)));
    const here = of === "friends" ? [" ", element("span", { className: "here" })] : [];
    if (here.length) here[1].dataset.friend = person.user_id;
    const who = element("strong", {}, await named(person.user_id), ...here);
    const told = [tells(person), ...(person.note ? [element("q", {}, person.note)] : [])];
    return thing(who, told, ways);
  }

  function way(what, { user_id }, name) {
    const { text, said } = DOES[what];
    const button = element("button", { type: "button", className: PLAIN.has(what) ? "" : "quiet", textContent: text });
    button.ariaLabel = `${text}: ${name}`;
    button.addEventListener("click", () =>
      attempt(async () => {
        await does(what, user_id);
        heading.focus(); // what was pressed goes with its line
        say(said(name));
        await changed();
      }, button),
    );
    return button;
  }

  return { made, show };
}
