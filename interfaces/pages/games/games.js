// Shows how games go by the hour or by the day, anew for as long as somebody looks.
import { Refused, ask } from "/ask.js";
import { marked } from "/called.js";
import { element } from "/element.js";
import { KINDS, drawShares, drawWindows, nameOf } from "/games/charts.js";

const LOOK_AGAIN_MS = 10_000, DAY_MS = 86_400_000;
const STEPS_MS = { hour: 3_600_000, day: DAY_MS }, DAYS = { hour: 2, day: 30 };
const COUNTS = ["started", "finished", "abandoned", "with_bot", "wins", "draws", "resignations", "timeouts", "first_wins", "second_wins"];

const at = (id) => document.getElementById(id);
const per = new URLSearchParams(location.search).get("per") === "hour" ? "hour" : "day";
const whole = (value) => value.toLocaleString("en");
const percent = (share) => `${Math.round(100 * share)} %`;
const tenth = (value) => (value === null ? "–" : value.toFixed(1));
let shown = [];

function length(seconds) {
  if (seconds === null) return "–";
  return seconds < 60 ? `${Math.round(seconds)} s` : `${(seconds / 60).toFixed(1)} min`;
}

// Every window from a time on, the oldest first, also those in which nothing happened.
function wholeRange(windows, from) {
  const known = new Map(windows.map((each) => [Date.parse(each.starts_at), each]));
  const nothing = Object.fromEntries(COUNTS.map((each) => [each, 0]));
  const step = STEPS_MS[per], now = Date.now(), all = [];
  for (let time = from; time <= now; time += step) {
    all.push({ ...nothing, winners: [], ...known.get(time), time, open: time + step > now });
  }
  return all;
}

// All windows together; a mean is weighed by the games that it is of.
function together(windows) {
  const sum = (of) => windows.reduce((total, each) => total + of(each), 0);
  const total = Object.fromEntries(COUNTS.map((count) => [count, sum((each) => each[count])]));
  const mean = (name) => (total.finished ? sum((each) => (each[name] ?? 0) * each.finished) / total.finished : null);
  return { ...total, of_people: total.finished - total.with_bot, seconds: mean("mean_duration_seconds"), moves: mean("mean_moves") };
}

function drawTiles(total) {
  const advantage = total.of_people ? (total.first_wins - total.second_wins) / total.of_people : null;
  const tiles = [
    ["Games finished", whole(total.finished)],
    ["Left early", whole(total.abandoned)],
    ["Mean length", length(total.seconds)],
    ["Mean moves", tenth(total.moves)],
    ["Against the bot", total.finished ? percent(total.with_bot / total.finished) : "–"],
    ["Edge of moving first", advantage === null ? "–" : `${advantage > 0 ? "+" : ""}${percent(advantage)}`.replace("-", "−")],
  ];
  at("tiles").replaceChildren(...tiles.map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, value))));
}

function drawWinners(windows) {
  const latest = windows.findLast((each) => each.winners.length);
  at("most").textContent = latest ? `Most wins, ${told(latest)}` : "Most wins";
  at("winners").replaceChildren(...(latest?.winners ?? []).map(({ user_id, wins }) =>
    element("li", {}, marked(user_id), element("small", {}, `${whole(wins)} won`))));
  at("no-winners").hidden = Boolean(latest);
}

// What a window is called, and that it is not over.
const told = (each) => `${nameOf(each.time, per)}${each.open ? ", so far" : ""}`;

function row(each) {
  const [best] = each.winners;
  const cells = [
    ...[each.started, each.finished, each.abandoned].map(whole), length(each.mean_duration_seconds), tenth(each.mean_moves),
    ...[each.first_wins, each.second_wins, each.draws].map(whole),
  ].map((text) => element("td", {}, text));
  return element("tr", {}, element("th", { scope: "row" }, told(each)), ...cells,
    element("td", {}, ...(best ? [marked(best.user_id), ` ${whole(best.wins)}`] : ["–"])));
}

function draw() {
  const total = together(shown);
  drawTiles(total);
  drawWindows(at("chart"), shown, per);
  drawShares(at("ends"), [["one", "four in a row", total.wins], ["two", "given up", total.resignations], ["three", "out of time", total.timeouts], ["none", "draw", total.draws]]);
  drawShares(at("first"), [["one", "who moved first", total.first_wins], ["two", "who moved second", total.second_wins], ["none", "nobody", total.of_people - total.first_wins - total.second_wins]]);
  drawWinners(shown);
  const lines = shown.filter((each) => each.starts_at).reverse();
  at("rows").replaceChildren(...lines.map(row));
  at("no-rows").hidden = lines.length > 0;
}

async function look() {
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS, from = today - (DAYS[per] - 1) * DAY_MS;
  const asked = new URLSearchParams({ per, from: new Date(from).toISOString().slice(0, 10) });
  const { windows } = await ask(`/api/v1/games/metrics?${asked}`);
  shown = wholeRange(windows, from);
  at("shown").hidden = false;
  draw();
}

function tell(error) {
  at("problem").textContent = error.message;
  at("problem").hidden = false;
}

// Looks again and again, one look at a time, as long as somebody sees the page and is signed in.
async function keepLooking() {
  try {
    if (!document.hidden) await look();
    at("problem").hidden = true;
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return askToSignIn();
    tell(error);
  }
  setTimeout(keepLooking, LOOK_AGAIN_MS);
}

function askToSignIn() {
  at("shown").hidden = true;
  at("sign-in").querySelector("a").href = `/sign-in?${new URLSearchParams({ return: location.pathname + location.search })}`;
  at("sign-in").hidden = false;
}

at("window").textContent = per === "hour" ? "Hour" : "Day";
document.querySelector(`nav a[href="?per=${per}"]`).setAttribute("aria-current", "page");
at("kinds").replaceChildren(...KINDS.map(([kind, name]) => element("span", {}, element("i", { className: kind }), name)));
new ResizeObserver(() => shown.length && drawWindows(at("chart"), shown, per)).observe(at("chart"));
ask("/api/v1/sign-in").then(({ me }) => (me ? keepLooking() : askToSignIn()), tell);
