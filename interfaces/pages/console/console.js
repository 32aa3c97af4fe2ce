// Lists waiting rooms, and lets who runs the hall look after one of them.
import { Refused, ask } from "/ask.js";
import { KINDS, drawMinutes } from "/console/chart.js";
import { element } from "/element.js";

const ROOMS = "/api/v1/waitroom", LOOK_AGAIN_MS = 2_000, RUNS_THE_HALL = new Set(["admin", "service"]);
const at = (id) => document.getElementById(id);
const name = new URLSearchParams(location.search).get("room");
const room = `${ROOMS}/${encodeURIComponent(name ?? "")}`;
const number = (value) => value.toLocaleString("en");
const seconds = (value) => (value == null ? "–" : value < 90 ? `${Math.round(value)} s` : `${Math.round(value / 60)} min`);
const state = ({ status, paused }) => (status === "open" && paused ? "paused" : status);

function show(problem = "") {
  at("problem").hidden = !problem;
  at("problem").textContent = problem;
}

async function attempt(work) {
  try {
    await work();
    show();
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return location.reload();
    show(error.message);
  }
}

// Looks again and again, one look at a time, as long as somebody sees the page.
async function keepLooking(look) {
  if (!document.hidden) await attempt(look);
  setTimeout(() => keepLooking(look), LOOK_AGAIN_MS);
}

// The entries of a list, page by page, up to `most` of them: a page may be short and go on all the same.
async function listed(path, kind, options, most) {
  const found = [];
  for (let after = ""; found.length < most && after != null; ) {
    const page = await ask(`${path}?${new URLSearchParams({ ...options, ...(after && { after }) })}`);
    found.push(...page[kind]);
    after = page.after;
  }
  return found.slice(0, most);
}

async function lookAtRooms() {
  const rooms = await listed(`${ROOMS}/rooms`, "rooms", { limit: 500 }, 1_000);
  at("no-rooms").hidden = rooms.length > 0;
  at("list").replaceChildren(...rooms.map((each) => element("tr", {},
    element("td", {}, element("a", { href: `?room=${encodeURIComponent(each.event_id)}` }, each.event_id)),
    element("td", {}, state(each)),
    ...[each.waiting, each.ready, each.capacity, each.completed].map((count) => element("td", { className: "number" }, number(count))))));
}

let known = null; // the room as it was seen last

function tell(found, minutes) {
  const latest = minutes[0];
  const tiles = {
    State: state(found), Waiting: number(found.waiting), "In checkout": `${number(found.ready)} of ${number(found.capacity)}`,
    Joined: number(found.joined), Bought: number(found.completed), "Too late": number(found.expired),
    "Left or failed": number(found.left + found.failed + found.removed + found.dismissed + found.dropped),
    "Waited, p50 and p99": `${seconds(latest?.wait_p50)}, ${seconds(latest?.wait_p99)}`,
  };
  at("tiles").replaceChildren(...Object.entries(tiles).map(([term, value]) =>
    element("div", {}, element("dt", {}, term), element("dd", {}, value))));
  const can = { pause: found.status !== "archived" && !found.paused, resume: found.paused, reopen: found.status === "closed", close: found.status === "open" };
  for (const button of document.querySelectorAll("[data-order]")) button.hidden = !can[button.dataset.order];
  if (!known || known.capacity !== found.capacity) at("capacity").value = found.capacity;
  if (!known || known.checkout_seconds !== found.checkout_seconds) at("seconds").value = found.checkout_seconds;
  drawMinutes(at("chart"), minutes); // by now it has the height that what is beside it leaves
  known = found;
}

async function lookAtRoom() {
  const [found, { minutes }] = await Promise.all([ask(room), ask(`${room}/minutes?limit=60`)]);
  tell(found, minutes);
}

const ORDERS = {
  waiting: [["Let in", "admit", {}], ["Remove", "remove", {}]],
  ready: [["2 minutes more", "extend", { seconds: 120 }], ["Remove", "remove", {}]],
};

function orderOf(session, [text, order, body]) {
  const button = element("button", { type: "button", className: "quiet", ariaLabel: `${text}: ${session.user_id}` }, text);
  button.addEventListener("click", () => attempt(async () => {
    const event = new URLSearchParams({ event_id: name });
    await ask(`${ROOMS}/sessions/${encodeURIComponent(session.session_id)}/${order}?${event}`, { body });
    at("done").textContent = `${text}: ${session.user_id}.`;
    await Promise.all([lookAtRoom(), lookAtSessions()]);
  }));
  return button;
}

async function lookAtSessions() {
  const user = at("user_id").value.trim();
  const asked = { limit: 50, ...(user ? { user_id: user } : { status: at("status").value }) };
  const sessions = await listed(`${room}/sessions`, "sessions", asked, 50);
  at("no-sessions").hidden = sessions.length > 0;
  at("sessions").replaceChildren(...sessions.map((each) => element("tr", {},
    element("td", { title: each.user_id }, each.display_name ? `${each.display_name} (${each.user_id})` : each.user_id),
    element("td", {}, each.redeemed_at && each.status === "ready" ? "in the shop" : each.status),
    element("td", {}, each.position || "–"),
    element("td", {}, new Date(each.joined_at).toLocaleTimeString()),
    element("td", {}, element("p", { className: "ways" }, ...(ORDERS[each.status] ?? []).map((order) => orderOf(each, order)))))));
}

async function give(order, body, done) {
  await ask(`${room}/${order}`, { body });
  at("done").textContent = done;
  await lookAtRoom();
}

function runRoom() {
  at("title").textContent = name;
  document.title = `${name} – Console – Gamehall`;
  at("visit").href = `/queue/${encodeURIComponent(name)}`;
  at("legend").replaceChildren(...KINDS.map(([kind, text]) => element("span", {}, element("i", { className: kind }), text)));
  at("terms").addEventListener("submit", (event) => {
    event.preventDefault();
    const body = { capacity: at("capacity").valueAsNumber, checkout_seconds: at("seconds").valueAsNumber };
    attempt(() => give("change", body, "Changed."));
  });
  for (const button of document.querySelectorAll("[data-order]")) {
    button.addEventListener("click", () => {
      const { order, waiting } = button.dataset;
      if (order === "close" && !confirm(`${button.textContent}? Nobody can join ${name} any more.`)) return;
      attempt(() => give(order, waiting ? { waiting } : {}, `${button.textContent}: done.`));
    });
  }
  at("find").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(lookAtSessions);
  });
  at("room").hidden = false;
  attempt(lookAtSessions);
  keepLooking(lookAtRoom);
}

function listRooms() {
  at("open").addEventListener("submit", (event) => {
    event.preventDefault();
    const [event_id, capacity, checkout_seconds] = [at("event_id").value.trim(), at("open-capacity").valueAsNumber, at("open-seconds").valueAsNumber];
    attempt(async () => {
      await ask(ROOMS, { body: { event_id, capacity, checkout_seconds } });
      location.assign(`?room=${encodeURIComponent(event_id)}`);
    });
  });
  at("rooms").hidden = false;
  keepLooking(lookAtRooms);
}

const { me } = await ask("/api/v1/sign-in").catch((error) => (show(error.message), { me: null }));
if (!RUNS_THE_HALL.has(me?.scope)) at("sign-in").hidden = false;
else if (name) runRoom();
else listRooms();
