// Charts of windows as SVG. Nothing here knows where the figures come from.
import { element, shape } from "/element.js";

const HEIGHT = 220, TOP = 8, BOTTOM = 24, LEFT = 40, LABEL = 68;
const EVERY = { hour: [1, 2, 3, 6, 12, 24], day: [1, 2, 5, 10, 15, 30] };
export const KINDS = [["one", "between people"], ["three", "against the bot"], ["two", "left early"]];

const day = new Intl.DateTimeFormat("en", { month: "short", day: "numeric", timeZone: "UTC" });
const hour = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC" });

// What people call a window.
export function nameOf(time, per) {
  return per === "hour" ? `${day.format(time)}, ${hour.format(time)}` : day.format(time);
}

function partsOf({ finished, with_bot, abandoned }) {
  return [finished - with_bot, with_bot, abandoned];
}

// A bar for each window, of the kinds of games that ended in it, one upon the other.
export function drawWindows(canvas, windows, per) {
  if (!canvas.clientWidth) return; // it has no place yet
  const width = canvas.clientWidth, slot = (width - LEFT) / windows.length;
  const most = Math.max(...windows.map((each) => each.finished + each.abandoned));
  const top = 2 * roundUp(most / 2), y = (value) => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
  const grid = [0, top / 2, top].flatMap((mark) => [
    shape("path", { class: "grid", d: `M${LEFT} ${y(mark)}H${width}` }),
    shape("text", { x: LEFT - 8, y: y(mark) + 4, "text-anchor": "end" }, mark.toLocaleString("en")),
  ]);
  const bars = windows.map((each, n) => bar(each, LEFT + n * slot, slot, y, per));
  const sums = KINDS.map(([, name], n) => `${windows.reduce((sum, each) => sum + partsOf(each)[n], 0)} ${name}`);
  const label = `Games that ended, by the ${per}; altogether ${sums.join(", ")}.`;
  canvas.replaceChildren(shape("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, height: HEIGHT, role: "img", "aria-label": label },
    ...grid, ...bars, ...times(windows, per, slot, width)));
}

// The next number, of those people count in: 1, 2, 5, 10, 20, …
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return power * [1, 2, 5, 10].find((each) => each * power >= value);
}

function bar(window, x, slot, y, per) {
  const parts = partsOf(window), gap = Math.min(3, slot / 4);
  let below = 0;
  const pieces = parts.map((value, n) => {
    const from = below;
    below += value;
    return shape("rect", { class: KINDS[n][0], x: x + gap / 2, width: slot - gap, y: y(below), height: y(from) - y(below) });
  });
  const told = parts.map((value, n) => `${value} ${KINDS[n][1]}`).join(", ");
  const hit = shape("rect", { class: "hit", x, width: slot, y: TOP, height: HEIGHT - TOP - BOTTOM });
  return shape("g", window.open ? { class: "open" } : {}, ...pieces, hit,
    shape("title", {}, `${nameOf(window.time, per)}${window.open ? ", so far" : ""}: ${told}`));
}

function times(windows, per, slot, width) {
  const every = EVERY[per].find((each) => each * slot >= LABEL) ?? EVERY[per].at(-1);
  const middle = (n) => LEFT + (n + 0.5) * slot;
  return windows.flatMap(({ time }, n) => {
    if (n % every || middle(n) > width - LABEL / 3) return [];
    const text = per === "hour" && time % 86_400_000 ? hour.format(time) : day.format(time);
    return [shape("text", { x: middle(n), y: HEIGHT - 6, "text-anchor": "middle" }, text)];
  });
}

// One bar in parts, { class, name, count }, each with its share in words below it.
export function drawShares(canvas, parts) {
  const total = parts.reduce((sum, [, , count]) => sum + count, 0);
  if (!total) return canvas.replaceChildren(element("p", { className: "note" }, "No game yet."));
  let before = 0;
  const pieces = parts.map(([kind, , count]) => {
    const piece = shape("rect", { class: kind, x: before, width: count, height: 1 });
    before += count;
    return piece;
  });
  const drawing = shape("svg", { class: "shares", viewBox: `0 0 ${total} 1`, preserveAspectRatio: "none", "aria-hidden": "true" }, ...pieces);
  canvas.replaceChildren(drawing, element("ul", { className: "note", role: "list" }, ...parts.map(([kind, name, count]) =>
    element("li", {}, element("span", {}, element("i", { className: kind }), name), `${count.toLocaleString("en")} · ${Math.round(100 * count / total)} %`))));
}
