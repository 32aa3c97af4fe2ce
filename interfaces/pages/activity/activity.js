// Asks for a game's figures and draws them. The token stays in this tab.

import { bar, element, lines } from "/activity/charts.js";

const DAY = 86_400_000;
const form = document.querySelector("#ask");
const fields = form.elements;
const at = (id) => document.querySelector(`#${id}`);
const whole = (value) => value.toLocaleString("en");
const percent = (share) => (Number.isFinite(share) ? `${(100 * share).toFixed(share && share < 0.0995 ? 1 : 0)} %` : "–");
const iso = (time) => new Date(time).toISOString().slice(0, 10);
const minutes = (seconds) => (seconds === null ? "–" : seconds < 60 ? `${seconds.toFixed(0)} s`
  : `${(seconds / 60).toFixed(1)} min`);

async function ask(path, parameters) {
  const address = `/api/v1/games/${encodeURIComponent(fields.game.value)}/${path}?${parameters}`;
  const answer = await fetch(address, { headers: { authorization: `Bearer ${fields.token.value.trim()}` } });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.detail);
  return told;
}

function steps() {
  return fields.steps.value.split(",").map((step) => step.trim()).filter(Boolean);
}

async function show() {
  const range = [["from", fields.from.value], ["until", fields.until.value]];
  const funnel = steps().map((step) => ["step", step]);
  const [activity, retention, reached] = await Promise.all([
    ask("activity", new URLSearchParams(range)),
    ask("retention", new URLSearchParams([...range, ["days", fields.days.value]])),
    funnel.length > 1 ? ask("funnel", new URLSearchParams([...range, ...funnel])) : { steps: [] },
  ]);
  remember();
  if (!activity.days.some((day) => day.monthly_active)) {
    throw new Error(`Nobody played ${fields.game.value} in this range.`);
  }
  at("answer").hidden = false;
  drawTiles(activity.days);
  drawLines(activity.days);
  drawRetention(retention.cohorts, Number(fields.days.value));
  drawFunnel(reached.steps);
}

// The address names what is shown, so that it can be shared; never the token.
function remember() {
  sessionStorage.setItem("token", fields.token.value);
  const shown = new URLSearchParams(new FormData(form));
  shown.delete("token");
  history.replaceState(null, "", `?${shown}`);
}

function drawTiles(days) {
  const last = days.at(-1);
  const total = (name) => days.reduce((sum, day) => sum + day[name], 0);
  const tiles = {
    "Daily active": whole(last.daily_active),
    "Monthly active": whole(last.monthly_active),
    "Daily of monthly": percent(last.daily_active / last.monthly_active),
    "New in this range": whole(total("new_players")),
    "Sessions in this range": whole(total("sessions")),
    "Mean session": minutes(last.mean_session_seconds),
  };
  at("tiles").replaceChildren(...Object.entries(tiles).map(([name, value]) =>
    element("div", {}, element("dt", { textContent: name }), element("dd", { textContent: value }))));
}

function drawLines(days) {
  const dates = days.map((day) => day.day);
  const series = (name, kind, field, write = whole) =>
    ({ name, kind, write, values: days.map((day) => day[field]) });
  lines(at("players"), dates, [
    series("monthly", "two", "monthly_active"),
    series("daily", "one", "daily_active"),
    series("new", "three", "new_players"),
  ]);
  lines(at("sessions"), dates, [series("sessions", "one", "sessions")]);
  const lengths = days.map(({ mean_session_seconds: mean }) => (mean === null ? null : mean / 60));
  const write = (value) => minutes(value === null ? null : 60 * value);
  lines(at("lengths"), dates, [{ name: "mean", kind: "one", values: lengths, write }]);
}

function drawRetention(cohorts, days) {
  const joined = cohorts.filter((cohort) => cohort.size);
  const later = Array.from({ length: days }, (_, n) => n);
  const heads = ["First day", "Players", ...later.map((n) => `${n + 1}`)];
  const head = element("tr", {}, ...heads.map((text) => element("th", { textContent: text, scope: "col" })));
  const found = [all(joined, later), ...joined.map((cohort) => ({
    name: cohort.day, size: cohort.size, shares: later.map((n) => cohort.returned[n] / cohort.size),
  }))];
  const most = Math.max(...found.flatMap(({ shares }) => shares.filter(Number.isFinite)));
  const rows = found.map((each) => row(each, most));
  at("retention").replaceChildren(element("thead", {}, head), element("tbody", {}, ...rows));
}

// Of the cohorts that have come so far, weighed by their players.
function all(cohorts, later) {
  const sum = (list, of) => list.reduce((total, each) => total + of(each), 0);
  const shares = later.map((n) => {
    const begun = cohorts.filter((cohort) => n < cohort.returned.length);
    return sum(begun, (cohort) => cohort.returned[n]) / sum(begun, (cohort) => cohort.size);
  });
  return { name: "All", size: sum(cohorts, (cohort) => cohort.size), shares };
}

function row({ name, size, shares }, most) {
  return element("tr", {}, element("th", { textContent: name, scope: "row" }),
    element("td", { textContent: whole(size) }), ...shares.map((share) => heat(share, most)));
}

function heat(share, most) {
  if (!Number.isFinite(share)) return element("td");
  const cell = element("td", { className: "share", textContent: percent(share) });
  cell.style.setProperty("--share", (share / (most || 1)).toFixed(3));
  return cell;
}

function drawFunnel(reached) {
  const first = reached[0]?.players ?? 0;
  at("funnel").replaceChildren(...reached.map(({ event_type: type, players }, n) => {
    const before = n ? `, ${percent(players / reached[n - 1].players)} of the step before` : "";
    const said = `${whole(players)} · ${percent(players / first)}${before}`;
    return element("li", {}, element("p", {}, type, element("small", { textContent: said })),
      bar(first ? players / first : 0));
  }));
}

async function answer() {
  const button = form.querySelector("button");
  const problem = at("problem");
  button.disabled = true;
  problem.hidden = true;
  try {
    await show();
  } catch (error) {
    at("answer").hidden = true;
    problem.textContent = error.message;
    problem.hidden = false;
  } finally {
    button.disabled = false;
  }
}

function fill() {
  fields.from.value = iso(Date.now() - 29 * DAY);
  fields.until.value = iso(Date.now());
  fields.token.value = sessionStorage.getItem("token") ?? "";
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (name !== "token" && fields[name]) fields[name].value = value;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  answer();
});
fill();
if (form.checkValidity()) answer();
