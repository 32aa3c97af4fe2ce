// One is in a room: its floor, who is there, and one's own steps.
import { element } from "/element.js";
import { called } from "/called.js";
import { card } from "/section.js";
import { Floor } from "/rooms/floor.js";
import { live } from "/rooms/live.js";
import { stage } from "/rooms/stage.js";

const LONGEST = 128; // tiles of a path that the hall takes at once
const WHY = { left: "has gone", elsewhere: "has gone to another room", kicked: "was sent out", banned: "was banned", closed: "is out" };

// `leave()` leaves the room, `out(reason)` is called once one is out of it, `say` tells what happens.
export function inside({ room, me, say, leave, out, refused }) {
  const at = new Map(); // by user: the tile
  const list = element("ul", { className: "here", role: "list" });
  const going = element("button", { type: "button", className: "quiet", textContent: "Leave the room" });
  const { made, attempt } = card("Who is here", list, element("p", { className: "ways" }, going));
  const view = element("div", {}, made);
  let floor = null, shown = null;
  going.addEventListener("click", () => attempt(leave, going));

  function listed() {
    list.replaceChildren(...[...at.keys()].map((user) => element("li", {}, called(user), user === me ? " (you)" : "")));
  }

  function put(user, x, y) {
    at.set(user, [x, y]);
    shown.put(user, x, y);
  }

  function remove(user) {
    at.delete(user);
    shown?.remove(user);
  }

  function show(state) {
    if (!shown) {
      floor = new Floor(state.plan);
      shown = stage(floor, { me, goTo, step });
      view.prepend(shown.held);
    }
    for (const user of [...at.keys()]) if (!state.people.some((each) => each.user_id === user)) remove(user);
    for (const { user_id, x, y } of state.people) put(user_id, x, y);
    listed();
  }

  function goTo(tile) {
    const path = floor.path(at.get(me), tile);
    if (path) socket.say("walk", { path: path.slice(0, LONGEST).map(([x, y]) => ({ x, y })) });
    else say("There is no way to that tile.");
  }

  function step([x, y]) {
    const from = at.get(me), to = [from[0] + x, from[1] + y];
    if (floor.allows(from, to)) socket.say("walk", { path: [{ x: to[0], y: to[1] }] });
  }

  const HEARD = {
    state: show,
    steps: ({ people }) => people.forEach(({ user_id, x, y }) => put(user_id, x, y)),
    user_moved: ({ user_id, x, y }) => put(user_id, x, y),
    user_joined({ user_id, x, y }) {
      put(user_id, x, y);
      listed();
      say(`${called(user_id)} has come in.`);
    },
    user_left({ user_id, reason }) {
      remove(user_id);
      listed();
      if (user_id !== me) say(`${called(user_id)} ${WHY[reason]}.`);
    },
    error: ({ detail }) => say(detail),
  };
  const socket = live(room, { hear: (type, payload) => HEARD[type]?.(payload), out, refused });
  return { view, end: () => socket.end() };
}
