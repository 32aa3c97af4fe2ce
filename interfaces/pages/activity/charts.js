// Charts as SVG, one function for each kind. Nothing here knows where the figures come from.
import { element, shape } from "/element.js";

const HEIGHT = 246, TOP = 30, BOTTOM = 24, RIGHT = 12;
const shortDay = new Intl.DateTimeFormat("en", { month: "short", day: "numeric", timeZone: "UTC" });

// Round numbers from 0 to at least `most`, a few of them.
export function ticks(most) {
  const rough = Math.max(most, 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const whole = Math.max(step, 1);
  return Array.from({ length: Math.ceil(Math.max(most, 1) / whole) + 1 }, (_, n) => n * whole);
}

// Lines over days, { day, open }, of which an open one is not over. `series` is a list of
// { name, kind, values, write }, all in `unit`; a null is a gap.
export function lines(figure, days, unit, series) {
  const caption = element("figcaption", { ariaLive: "polite" });
  const canvas = element("div");
  figure.replaceChildren(caption, canvas);
  const draw = () => drawLines(canvas, days, unit, series, (n) => readOut(caption, days[n], series, n));
  figure.resized?.disconnect();
  figure.resized = new ResizeObserver(draw);
  figure.resized.observe(figure);
}

function drawLines(canvas, days, unit, series, tell) {
  const width = canvas.clientWidth;
  const marks = ticks(Math.max(...series.flatMap((each) => each.values.map((value) => value ?? 0))));
  const left = 16 + 7.5 * Math.max(...marks.map((mark) => `${mark.toLocaleString("en")}`.length));
  const x = (n) => left + (days.length < 2 ? 0.5 : n / (days.length - 1)) * (width - left - RIGHT);
  const y = (value) => HEIGHT - BOTTOM - (value / marks.at(-1)) * (HEIGHT - TOP - BOTTOM);
  const pointer = shape("g", {});
  const drawing = shape("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, height: HEIGHT, role: "img" },
    shape("text", { class: "unit", x: 0, y: 12 }, unit),
    ...marks.flatMap((mark) => scaleMark(mark, y(mark), left, width)),
    ...dayMarks(days, x, width), ...series.flatMap((each) => paths(each, days, x, y)), pointer);
  drawing.setAttribute("tabindex", "0");
  drawing.setAttribute("aria-label", `${unit}, ${series.map((each) => each.name).join(", ")}, by day; arrows tell other days`);
  const show = (n) => { tell(n); point(pointer, n, series, x, y); };
  follow(drawing, days.length, left, width, show);
  canvas.replaceChildren(drawing);
  show(days.length - 1);
}

function scaleMark(mark, at, left, width) {
  return [
    shape("line", { class: "grid", x1: left, x2: width - RIGHT, y1: at, y2: at }),
    shape("text", { x: left - 8, y: at + 4, "text-anchor": "end" }, mark.toLocaleString("en")),
  ];
}

function dayMarks(days, x, width) {
  const every = Math.max(1, Math.ceil(days.length / (width / 75)));
  return days.flatMap((day, n) => (n % every || (n && x(n) > width - 24) ? [] : [
    shape("text", { x: x(n), y: HEIGHT - 5, "text-anchor": "middle" },
      shortDay.format(new Date(day.day))),
  ]));
}

// The way to a day that is not over is dotted.
function paths({ kind, values }, days, x, y) {
  const over = values.map((value, n) => (days[n].open ? null : value));
  const open = values.map((value, n) => (days[n].open || days[n + 1]?.open ? value : null));
  return [path(`line ${kind}`, over, x, y), path(`line open ${kind}`, open, x, y)];
}

function path(kind, values, x, y) {
  let pen = "M";
  const steps = values.map((value, n) => {
    if (value === null) { pen = "M"; return ""; }
    const step = `${pen}${x(n).toFixed(1)} ${y(value).toFixed(1)}`;
    const alone = pen === "M" && (values[n + 1] ?? null) === null;
    pen = "L";
    return alone ? `${step}h0` : step;  // a day between gaps is a dot
  });
  return shape("path", { class: kind, d: steps.join("") || "M0 0" });
}

function point(pointer, n, series, x, y) {
  const dots = series.filter(({ values }) => values[n] !== null).map(({ kind, values }) =>
    shape("circle", { class: `dot ${kind}`, cx: x(n), cy: y(values[n]), r: 4.5 }));
  pointer.replaceChildren(
    shape("line", { class: "cursor", x1: x(n), x2: x(n), y1: TOP, y2: HEIGHT - BOTTOM }), ...dots);
}

// Tell which day the pointer is over, or arrows lead to, and the last day when it has gone.
function follow(drawing, count, left, width, show) {
  drawing.addEventListener("pointermove", (event) => {
    const share = (event.offsetX - left) / (width - left - RIGHT);
    show(Math.min(count - 1, Math.max(0, Math.round(share * (count - 1)))));
  });
  let last = count - 1;
  drawing.addEventListener("pointerleave", () => show(count - 1));
  drawing.addEventListener("keydown", ({ key }) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (step) show(last = Math.min(count - 1, Math.max(0, last + step)));
  });
}

function readOut(caption, day, series, n) {
  caption.replaceChildren(
    element("time", { textContent: day.open ? `${day.day}, so far today` : day.day, dateTime: day.day }),
    ...series.map(({ name, kind, values, write }) =>
      element("span", { className: kind }, element("i"), `${name} ${write(values[n])}`)));
}

// A bar that fills its share of the width.
export function bar(share) {
  return shape("svg", { viewBox: "0 0 100 1", preserveAspectRatio: "none", "aria-hidden": "true" },
    shape("rect", { class: "track", width: 100, height: 1 }),
    shape("rect", { class: "bar-share", width: 100 * share, height: 1 }));
}
