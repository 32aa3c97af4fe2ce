// Which rooms there are, and a form to open one.
import { ask } from "/ask.js";
import { called } from "/called.js";
import { element } from "/element.js";
import { card, field, thing } from "/section.js";

export const ROOMS = "/api/v1/rooms";

const PLANS = {
  Square: Array(10).fill("0".repeat(10)).join("\n"),
  Terrace: ["xx00000000", "xx00000000", "0000000000", "0001111000", "0012222100", "0012332100", "0012222100", "0001111000"].join("\n"),
  Corridor: ["000000000000", "000000000000", "xxxx00xxxxxx", "xxxx00xxxxxx", "000000000000", "000000000000"].join("\n"),
};

function button(text, work, attempt) {
  const made = element("button", { type: "button", textContent: text });
  made.addEventListener("click", () => attempt(work, made));
  return made;
}

// `enter(room_id)` goes into a room.
export function choosing({ enter }) {
  const list = element("ul", { className: "things" });
  const none = element("p", { className: "note" }, "No room is open. Open one.");
  const { made, attempt } = card("Rooms for everybody", list, none);

  function line(room) {
    const told = `${room.players} of ${room.capacity} in · opened by ${called(room.owner)}`;
    const come = button("Come in", () => enter(room.room_id), attempt);
    come.ariaLabel = `Come in: ${room.name ?? "a room without a name"}`;
    return thing(element("strong", {}, room.name ?? "A room without a name"), told, come);
  }

  async function look(after) {
    const { rooms } = await ask(`${ROOMS}?limit=50`, { after });
    list.replaceChildren(...rooms.map(line));
    none.hidden = rooms.length > 0;
  }

  return { sections: [made, opening({ enter })], look };
}

function opening({ enter }) {
  const name = element("input", { maxLength: 100, required: true, autocomplete: "off" });
  const plan = element("select", {}, ...Object.keys(PLANS).map((each) => element("option", {}, each)));
  const access = element("select", {}, element("option", { value: "public" }, "Everybody"), element("option", { value: "invitation" }, "Who is invited"));
  const open = element("button", { textContent: "Open it" });
  const form = element("form", { noValidate: true },
    field("name", "What it is called", name),
    field("plan", "Its floor", plan),
    field("access", "Who may come in", access),
    element("p", { className: "ways" }, open));
  const { made, attempt } = card("Open a room", form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      if (!name.value.trim()) throw new Error("Say what the room is called.");
      const body = { name: name.value.trim(), plan: PLANS[plan.value], access: access.value };
      await enter((await ask(ROOMS, { body })).room_id);
    }, open);
  });
  return made;
}
