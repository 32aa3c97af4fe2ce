// Asks for a game's figures and has them drawn, for who runs the hall.

import { Refused, ask } from "/ask.js";
import { element } from "/element.js";
import { drawFunnel, drawLines, drawRetention, drawTiles } from "/activity/figures.js";

const DAY = 86_400_000;
const NOBODY = new Set([401, 403]);
const RUNS_THE_HALL = new Set(["admin", "service"]);
const form = document.querySelector("#ask");
const fields = form.elements;
const at = (id) => document.querySelector(`#${id}`);
const iso = (time) => new Date(time).toISOString().slice(0, 10);
const steps = () => fields.steps.value.split(",").map((step) => step.trim()).filter(Boolean);
let asked = 0;  // answers to former questions are not shown

function wrong(name, sentence) {
  const told = at(`${name}-wrong`);
  told.textContent = sentence;
  told.hidden = !sentence;
  fields[name].setAttribute("aria-invalid", String(Boolean(sentence)));
  return Boolean(sentence);
}

// What is wrong with each field, in a sentence; none where it is empty.
function found() {
  const { game, from, until } = fields;
  const given = steps();
  return {
    game: game.value.trim() ? "" : "Say which game, or choose one below.",
    from: from.value ? "" : "Give the first day.",
    until: !until.value ? "Give the last day."
      : until.value < from.value ? "The range ends before it begins." : "",
    steps: given.length === 1 ? "A funnel has two steps or more, or none at all."
      : given.length > 10 ? "A funnel has ten steps at most."
        : new Set(given).size < given.length ? "A funnel has each step once." : "",
  };
}

// Marks the fields that do not fit, and goes to the first of them; whether there were none.
function fits() {
  const marked = Object.entries(found()).filter(([name, sentence]) => wrong(name, sentence));
  if (marked.length) fields[marked[0][0]].focus();
  return !marked.length;
}

async function figures() {
  const game = `/api/v1/games/${encodeURIComponent(fields.game.value.trim())}`;
  const range = [["from", fields.from.value], ["until", fields.until.value]];
  const funnel = steps().map((step) => ["step", step]);
  const from = (path, more = []) =>
    ask(`${game}/${path}?${new URLSearchParams([...range, ...more])}`);
  return Promise.all([
    from("activity"),
    from("retention", [["days", fields.days.value]]),
    funnel.length ? from("funnel", funnel) : { steps: [] },
  ]);
}

function draw([activity, retention, reached]) {
  const game = fields.game.value.trim(), today = iso(Date.now());
  if (!activity.days.some((day) => day.monthly_active)) {
    throw new Error(`Nobody played ${game} from ${fields.from.value} until ${fields.until.value}.`);
  }
  at("shown").textContent = game;
  drawTiles(activity.days, today);
  at("start").hidden = true;
  at("answer").hidden = false;  // lines are as wide as their place
  drawLines(activity.days, today);
  drawRetention(retention.cohorts, Number(fields.days.value), today);
  drawFunnel(reached.steps);
}

// The address names what is shown, so that it can be shared.
function remember() {
  history.replaceState(null, "", `?${new URLSearchParams(new FormData(form))}`);
}

// Who runs the hall asks; others are led to where they sign in, and back.
function admit(me) {
  const admitted = RUNS_THE_HALL.has(me?.scope);
  const here = location.pathname + location.search;
  at("sign-in").querySelector("a").href = `/sign-in?${new URLSearchParams({ return: here })}`;
  at("sign-in").hidden = admitted;
  form.hidden = at("start").hidden = !admitted;
  if (admitted) offer();
}

function tell(error) {
  at("answer").hidden = true;
  at("start").hidden = false;
  if (error instanceof Refused && NOBODY.has(error.status)) return admit(null); // signed out by now
  at("problem").textContent = error.message;
  at("problem").hidden = false;
}

async function answer() {
  at("problem").hidden = true;
  if (!fits()) return;
  const button = form.querySelector("button"), number = ++asked;
  button.disabled = true;
  try {
    const told = await figures();
    if (number !== asked) return;
    remember();
    draw(told);
    at("shown").focus();
  } catch (error) {
    if (number === asked) tell(error);
  } finally {
    button.disabled = false;
  }
}

// The games that there are, the latest played first.
async function offer() {
  try {
    const { games } = await ask("/api/v1/games/activity");
    const names = games.map(({ game_id: value }) => element("option", { value }));
    at("games").replaceChildren(...names);
    const latest = games.toSorted((a, b) => b.last_day.localeCompare(a.last_day));
    document.querySelector("#choices ul").replaceChildren(...latest.slice(0, 24).map(choice));
    at("choices").hidden = !games.length;
    at("nothing").hidden = Boolean(games.length);
  } catch (error) {
    tell(error);
  }
}

function choice({ game_id: game, last_day: day }) {
  const button = element("button", { type: "button" }, game,
    element("small", { textContent: `played ${day}` }));
  button.addEventListener("click", () => {
    fields.game.value = game;
    answer();
  });
  return element("li", {}, button);
}

function fill() {
  fields.from.value = iso(Date.now() - 29 * DAY);
  fields.until.value = iso(Date.now());
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (fields[name]?.name === name) fields[name].value = value;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  answer();
});
fill();
try {
  admit((await ask("/api/v1/sign-in")).me);
} catch (error) {
  tell(error);
}
