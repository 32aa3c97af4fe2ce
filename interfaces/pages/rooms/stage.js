// Draws a room: tiles from above and aslant, and whoever stands on them.
import { called } from "/called.js";
import { element, shape } from "/element.js";

const WIDE = 32, FLAT = 16, HIGH = 12; // half a tile, and a step
const COLOURS = 3;

const place = (x, y, height) => [(x - y) * WIDE, (x + y) * FLAT - height * HIGH];

function outline(x, y, height) {
  const [left, top] = place(x, y, height);
  return [[left, top - FLAT], [left + WIDE, top], [left, top + FLAT], [left - WIDE, top]].join(" ");
}

// What is seen of a raised tile from the front: its two sides down to the ground.
function sides(x, y, height) {
  const [left, top] = place(x, y, height), down = height * HIGH;
  const face = (to, kind) => shape("polygon", {
    points: [[left, top + FLAT], [left + to, top], [left + to, top + down], [left, top + FLAT + down]].join(" "),
    class: `side ${kind}`,
  });
  return height ? [face(-WIDE, "left"), face(WIDE, "right")] : [];
}

// The same colour for somebody in every room, and on every screen.
function colour(user) {
  let sum = 0;
  for (const each of user) sum = (sum * 31 + each.codePointAt(0)) % 9973;
  return `of-${(sum % COLOURS) + 1}`;
}

// `goTo([x, y])` is called for a tile that is chosen, `step([x, y])` for an arrow key.
export function stage(floor, { me, goTo, step }) {
  const drawn = new Map(); // by user: the avatar
  const ground = shape("g", { class: "ground" }), people = shape("g", { class: "people" });
  const svg = shape("svg", { viewBox: frame(floor), role: "img", "aria-label": "The floor of the room" }, ground, people);
  const held = element("div", { className: "stage", tabIndex: 0 }, svg);
  held.setAttribute("role", "group");
  held.setAttribute("aria-label", "The room: click a tile, or walk with the arrow keys");
  for (const [x, y, height] of floor.tiles()) {
    const tile = shape("polygon", { points: outline(x, y, height), class: `tile ${(x + y) % 2 ? "odd" : "even"}` });
    tile.addEventListener("click", () => goTo([x, y]));
    ground.append(...sides(x, y, height), tile);
  }
  held.addEventListener("keydown", (event) => {
    const to = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
    if (to) (event.preventDefault(), step(to));
  });

  function avatar(user) {
    const name = shape("text", { y: -46, class: "name" });
    name.textContent = called(user);
    const body = [
      shape("ellipse", { cy: 2, rx: 12, ry: 6, class: "shadow" }),
      shape("path", { d: "M-10 0v-16a10 10 0 0 1 20 0v16a10 5 0 0 1-20 0z", class: "body" }),
      shape("circle", { cy: -30, r: 9, class: "head" }),
    ];
    return shape("g", { class: `avatar ${colour(user)}${user === me ? " me" : ""}` }, ...body, name);
  }

  // Somebody is at a tile; those further down stand before the others.
  function put(user, x, y) {
    let made = drawn.get(user);
    if (!made) drawn.set(user, (made = avatar(user)));
    const [left, top] = place(x, y, floor.height(x, y) ?? 0);
    made.style.transform = `translate(${left}px, ${top}px)`;
    made.dataset.at = `${x},${y}`;
    made.dataset.depth = x + y;
    const behind = [...people.children].find((each) => each !== made && Number(each.dataset.depth) > x + y);
    if (made.nextSibling !== (behind ?? null) || !made.parentNode) people.insertBefore(made, behind ?? null);
  }

  function remove(user) {
    drawn.get(user)?.remove();
    drawn.delete(user);
  }

  return { held, put, remove };
}

function frame(floor) {
  const corners = [...floor.tiles()].flatMap(([x, y, height]) => [place(x, y, height), place(x, y, 0)]);
  const xs = corners.map(([x]) => x), ys = corners.map(([, y]) => y);
  const left = Math.min(...xs) - WIDE - 8, top = Math.min(...ys) - FLAT - 60;
  return [left, top, Math.max(...xs) + WIDE + 8 - left, Math.max(...ys) + FLAT + 12 - top].join(" ");
}
