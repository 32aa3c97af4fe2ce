// Shows the mails that a hall keeps in place of sending them, as they come.
import { ask } from "/ask.js";
import { element } from "/element.js";

const LOOK_AGAIN_MS = 2_000;
const at = (id) => document.getElementById(id);
const moment = (text) => new Date(text).toLocaleString([], { dateStyle: "medium", timeStyle: "medium" });
let shown = null; // the mails as they were seen last

function show(problem = "") {
  at("problem").hidden = !problem;
  at("problem").textContent = problem;
}

// A text with its addresses as links.
function linked(text) {
  return text.split(/(https?:\/\/\S+)/).map((part, n) => (n % 2 ? element("a", { href: part }, part) : part));
}

function mail({ to, subject, text, at }) {
  return element("li", { className: "card mail" },
    element("h2", {}, subject),
    element("p", { className: "note" }, `To ${to}, ${moment(at)}`),
    element("pre", {}, ...linked(text)));
}

async function look() {
  const { mails } = await ask("/api/v1/mails");
  at("none").hidden = mails.length > 0;
  const told = JSON.stringify(mails);
  if (told !== shown) at("mails").replaceChildren(...mails.map(mail));
  shown = told;
}

// Looks again and again, one look at a time, as long as somebody sees the page.
async function keepLooking() {
  if (!document.hidden) await look().then(() => show(), (error) => show(error.message));
  setTimeout(keepLooking, LOOK_AGAIN_MS);
}

const { me } = await ask("/api/v1/sign-in").catch((error) => (show(error.message), {}));
if (me?.scope === "admin") keepLooking();
else if (me !== undefined) at("sign-in").hidden = false;
