// Erasing somebody: asked twice, done once, and told.
import { ask } from "/ask.js";
import { called } from "/called.js";
import { element } from "/element.js";
import { fresh } from "/me/fresh.js";
import { card, field, thing } from "/section.js";

export function erase({ me, account, onErased }) {
  const name = account?.handle ?? called(me.name);
  const begin = element("button", { type: "button", className: "quiet", textContent: "Erase me" });
  const typed = element("input", { maxLength: 100, autocomplete: "off", autocapitalize: "none", spellcheck: false });
  const sure = element("button", { className: "grave", textContent: "Erase me for good" });
  const back = element("button", { type: "button", className: "quiet", textContent: "Rather not" });
  const form = element("form", { noValidate: true, hidden: true },
    field("erase-name", `Type ${name}, if you are sure`, typed), element("p", { className: "ways" }, sure, back));
  const note = element("p", { className: "note", textContent: "Your account is closed, and every text of you becomes unreadable, everywhere. Games and scores stay, by an id and without a name. Nobody can take it back." });
  const ways = element("p", { className: "ways" }, begin);
  const { made, attempt } = card("Be forgotten", note, ways, form);

  function turn(isAsked) {
    ways.hidden = isAsked;
    form.hidden = !isAsked;
    typed.value = "";
    (isAsked ? typed : begin).focus();
  }

  begin.addEventListener("click", () => turn(true));
  back.addEventListener("click", () => turn(false));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      if (typed.value.trim() !== name) throw new Error(`This is not ${name}; nothing was erased.`);
      await ordered();
    }, sure);
  });

  // Where not everything was done, somebody is still signed in, and goes on.
  async function ordered() {
    const told = await fresh(() => ask("/api/v1/me/erase", { body: { user_id: me.user_id } }), account, me.scope);
    onErased(report(told, ordered), told.complete);
  }
  return made;
}

// Places, tables and topics are for who runs the hall: here a thing that lies in several is told once.
const once = (things, what) => [...new Set(things.map(what))].map((each) => thing(each));
const days = (hours) => (hours % 24 ? `${hours} hours` : hours === 24 ? "1 day" : `${hours / 24} days`);

// What became of it; `goOn` asks again where it is not complete.
function report({ complete, forgotten, undone, stays, later }, goOn) {
  const listed = (title, things) =>
    things.length ? [element("h3", { textContent: title }), element("ul", { className: "things" }, ...things)] : [];
  const again = element("button", { textContent: "Go on" });
  const note = complete
    ? "You are signed out everywhere. This is told once; keep it if you want to."
    : "Not everything is done yet. You are still signed in here: go on in a while.";
  const { made, attempt } = card(
    complete ? "You are forgotten" : "You are almost forgotten",
    element("p", { className: "note", textContent: note }),
    ...(complete ? [] : [element("p", { className: "ways" }, again)]),
    ...listed("Not done yet", once(undone, (each) => each.what)),
    ...listed("Forgotten", forgotten.map((each) => thing(each.what, each.count ? "" : "There was nothing."))),
    ...listed("Stays", once(stays, (each) => each.why)),
    ...listed("Goes by itself", once(later, (each) => `${each.what}, ${days(each.hours)} after it was written`)),
  );
  again.addEventListener("click", () => attempt(goOn, again));
  return made;
}
