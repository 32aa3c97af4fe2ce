// What is told of a game: tiles, lines by day, who came back, and the funnel.

import { bar, lines } from "/activity/charts.js";
import { element } from "/element.js";

const DAY = 86_400_000;
const at = (id) => document.querySelector(`#${id}`);
const whole = (value) => value.toLocaleString("en");
const percent = (share) => (Number.isFinite(share) ? (100 * share).toFixed(share && share < 0.0995 ? 1 : 0) : "–");
const length = (seconds) => (seconds === null ? ["–", ""] : seconds < 60 ? [seconds.toFixed(0), "s"]
  : [(seconds / 60).toFixed(1), "min"]);

// The day that is not over is told as what it is.
export function drawTiles(days, today) {
  const last = days.at(-1), open = last.day === today;
  const when = open ? "so far today" : `on ${last.day}`;
  const total = (name) => days.reduce((sum, day) => sum + day[name], 0);
  const range = open ? "in this range, so far" : "in this range";
  const tiles = [
    [`Active ${when}`, whole(last.daily_active), "players"],
    [open ? "Active in 30 days, so far today" : `Active in 30 days until ${last.day}`, whole(last.monthly_active), "players"],
    ["Daily of monthly active", percent(last.daily_active / last.monthly_active), "%"],
    [`New ${range}`, whole(total("new_players")), "players"],
    [`Played ${range}`, whole(total("sessions")), "sessions"],
    [`Mean session ${when}`, ...length(last.mean_session_seconds)],
  ];
  at("tiles").replaceChildren(...tiles.map(([name, value, unit]) => element("div", { className: "card" },
    element("dt", { textContent: name }),
    element("dd", {}, value, element("small", { textContent: unit })))));
}

export function drawLines(days, today) {
  const shown = days.map(({ day }) => ({ day, open: day === today }));
  const series = (name, kind, field) =>
    ({ name, kind, write: whole, values: days.map((day) => day[field]) });
  lines(at("players"), shown, "players", [
    series("in 30 days", "two", "monthly_active"),
    series("on the day", "one", "daily_active"),
    series("new", "three", "new_players"),
  ]);
  lines(at("sessions"), shown, "sessions", [series("begun", "one", "sessions")]);
  const lengths = days.map(({ mean_session_seconds: mean }) => (mean === null ? null : mean / 60));
  const write = (value) => length(value === null ? null : 60 * value).join(" ");
  lines(at("lengths"), shown, "minutes", [{ name: "mean", kind: "one", values: lengths, write }]);
}

export function drawRetention(cohorts, days, today) {
  const joined = cohorts.filter((cohort) => cohort.size);
  const later = Array.from({ length: days }, (_, n) => n);
  const heads = ["First day", "Players", ...later.map((n) => (n ? `${n + 1}` : "1 day later"))];
  const head = element("tr", {}, ...heads.map((text) => element("th", { textContent: text, scope: "col" })));
  const found = [all(joined, later), ...joined.map((cohort) => ({
    name: cohort.day, size: cohort.size, shares: later.map((n) => cohort.returned[n] / cohort.size),
    open: (Date.parse(today) - Date.parse(cohort.day)) / DAY - 1,
  }))];
  const most = Math.max(...found.flatMap(({ shares }) => shares.filter(Number.isFinite)));
  const rows = found.map((each) => row(each, most));
  at("retention").replaceChildren(element("thead", {}, head), element("tbody", {}, ...rows));
  at("retention-today").hidden = !at("retention").querySelector(".today");
  fade(at("retention").parentElement);
}

// Marks on which sides of a part that scrolls there is more.
function fade(part) {
  part.onscroll = () => {
    part.classList.toggle("more", part.scrollLeft + part.clientWidth < part.scrollWidth - 1);
    part.classList.toggle("below", part.scrollTop + part.clientHeight < part.scrollHeight - 1);
  };
  part.resized ??= new ResizeObserver(() => part.onscroll());
  part.resized.observe(part);
  part.resized.observe(part.firstElementChild);
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

function row({ name, size, shares, open }, most) {
  return element("tr", {}, element("th", { textContent: name, scope: "row" }),
    element("td", { textContent: whole(size) }), ...shares.map((share, n) => heat(share, most, n === open)));
}

function heat(share, most, open) {
  if (!Number.isFinite(share)) return element("td");
  const cell = element("td", { className: open ? "share today" : "share", textContent: percent(share) });
  if (open) cell.title = "so far today";
  cell.style.setProperty("--share", (share / (most || 1)).toFixed(3));
  return cell;
}

export function drawFunnel(reached) {
  const first = reached[0]?.players ?? 0;
  at("no-funnel").hidden = !reached.length || first > 0;
  at("funnel").replaceChildren(...reached.map(({ event_type: type, players }, n) => {
    const before = n ? `, ${percent(players / reached[n - 1].players)} % of the step before` : "";
    const said = `${whole(players)} players · ${percent(players / first)} %${before}`;
    return element("li", {}, element("p", {}, type, element("small", { textContent: said })),
      bar(first ? players / first : 0));
  }));
}
