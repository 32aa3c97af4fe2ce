// What happened in a room minute by minute: three bars for each of the last thirty.
import { shape } from "/element.js";

const MINUTES = 30, MINUTE_MS = 60_000, LEFT = 44, BOTTOM = 22, TOP = 8;
const GONE = ["completed", "failed", "expired", "left", "removed", "dismissed", "dropped"];
export const KINDS = [["joined", "joined"], ["admitted", "admitted"], ["gone", "ended or left"]];

const gone = (minute) => GONE.reduce((sum, each) => sum + minute[each], 0);
const clock = (time) => new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

// Every minute of the last half hour, the oldest first, also those in which nothing happened.
function whole(minutes, now) {
  const known = new Map(minutes.map((each) => [Date.parse(each.minute), each]));
  const last = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  return Array.from({ length: MINUTES }, (_, n) => {
    const at = last - (MINUTES - 1 - n) * MINUTE_MS, found = known.get(at);
    return { at, joined: found?.joined ?? 0, admitted: found?.admitted ?? 0, gone: found ? gone(found) : 0 };
  });
}

export function drawMinutes(canvas, minutes, now = Date.now()) {
  const all = whole(minutes, now);
  const most = Math.max(4, ...all.flatMap((each) => KINDS.map(([kind]) => each[kind])));
  const width = canvas.clientWidth, height = canvas.clientHeight, slot = (width - LEFT) / MINUTES;
  const y = (value) => TOP + (1 - value / most) * (height - TOP - BOTTOM);
  const bars = all.flatMap((each, n) => KINDS.map(([kind], k) => shape("rect", {
    class: kind, x: LEFT + n * slot + 1 + k * (slot - 3) / 3, width: (slot - 3) / 3 - 0.5, y: y(each[kind]), height: y(0) - y(each[kind]),
  })));
  const marks = [0, most].flatMap((mark) => [
    shape("text", { x: LEFT - 6, y: y(mark) + 4, "text-anchor": "end" }, mark.toLocaleString("en")),
    shape("path", { d: `M${LEFT} ${y(mark)}H${width}` }),
  ]);
  const times = [0, 10, 20].map((n) => shape("text", { x: LEFT + n * slot, y: height - 4 }, clock(all[n].at)));
  const sum = (kind) => all.reduce((total, each) => total + each[kind], 0);
  const label = `In the last half hour ${KINDS.map(([kind, name]) => `${sum(kind)} ${name}`).join(", ")}.`;
  canvas.replaceChildren(shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, ...marks, ...bars, ...times));
}
