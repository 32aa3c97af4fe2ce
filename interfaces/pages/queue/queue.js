// Tells a visitor what is new without loading the page: over a socket, as long as there is a session.
const { path, session, status, now, ...told } = document.getElementById("main").dataset;
const at = (id) => document.getElementById(id);
let { deadline } = told;
// By the moment at which the hall's answer came, and not when the script had been loaded as well.
const cameAt = performance.timeOrigin + performance.getEntriesByType("navigation")[0].responseStart;
const aheadOfClock = cameAt - Date.parse(now);
const SHORTEST_PAUSE_MS = 1_000, LONGEST_PAUSE_MS = 20_000, LOOK_AGAIN_MS = 15_000, REFRESH_MS = 60_000;
const SIGNED_OUT = 4401;

// The page as it is by now: what happened changes all of it.
const look = () => location.reload();

function tellPlace({ position, people_ahead: ahead }) {
  const said = at("ahead").dataset;
  at("place").textContent = position;
  at("ahead").textContent = ahead === 0 ? said.none : ahead === 1 ? said.one : said.many.replace("{}", ahead);
}

function hear({ type, payload }) {
  if (type === "position" && status === "waiting") tellPlace(payload);
  else if (type === "ready" && status === "ready") deadline = payload.deadline; // it may be extended
  else if (type === "ended" || type === "ready") look();
}

async function follow(pauseMs = SHORTEST_PAUSE_MS) {
  const again = (nextMs) => setTimeout(follow, pauseMs * (0.5 + Math.random()), Math.min(nextMs, LONGEST_PAUSE_MS));
  const answer = await fetch(`${path}/ticket`, { method: "POST" }).catch(() => null);
  if (answer?.status === 403) return look(); // the place is somebody else's by now, or nobody's
  if (!answer?.ok) return again(2 * pauseMs);
  const { ticket } = await answer.json();
  const address = new URL(`/api/v1/waitroom/sessions/${encodeURIComponent(session)}/live`, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  address.searchParams.set("ticket", ticket);
  const socket = new WebSocket(address);
  let opened = false;
  socket.onopen = () => { opened = true; };
  socket.onmessage = ({ data }) => hear(JSON.parse(data));
  socket.onclose = ({ code }) => (code === SIGNED_OUT ? look() : again(opened ? SHORTEST_PAUSE_MS : 2 * pauseMs));
}

// What is told over no socket: a pause, the pace. Whoever is about to press something is left alone.
async function refresh() {
  const text = await fetch(location.href).then((answer) => (answer.ok ? answer.text() : "")).catch(() => "");
  const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("main");
  const main = at("main");
  if (fresh?.dataset.status === status && !main.contains(document.activeElement)) main.replaceChildren(...fresh.childNodes);
}

function count() {
  const leftS = Math.max(0, Math.ceil((Date.parse(deadline) - (Date.now() - aheadOfClock)) / 1_000));
  at("left").textContent = `${Math.floor(leftS / 60)}:${String(leftS % 60).padStart(2, "0")}`;
}

if (status === "waiting") setInterval(refresh, REFRESH_MS);
if (status === "waiting" || status === "ready") follow();
else if (status === "outside") setTimeout(look, LOOK_AGAIN_MS);
if (status === "ready") {
  at("turn").focus();
  if (deadline) setInterval(count, 250);
}
