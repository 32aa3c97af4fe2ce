// The form to ask somebody: by a handle, or by an id where nobody has such a handle.
import { ask } from "/ask.js";
import { element } from "/element.js";
import { nameOf } from "/naming.js";
import { card, field } from "/section.js";
import { order } from "/friends/asked.js";

// Who has a handle; null for nobody, and for what can be no handle.
async function whoHas(handle) {
  try {
    return (await ask(`/api/v1/accounts/by-handle/${encodeURIComponent(handle)}`)).user_id;
  } catch (error) {
    if (error.status === 404 || error.status === 422) return null;
    throw error;
  }
}

// `name` is what others find oneself by; `say` tells what came of it, and `changed` that something did.
export function asking({ name, say, changed }) {
  const whom = element("input", { maxLength: 200, autocomplete: "off", autocapitalize: "none", spellcheck: false });
  const note = element("input", { maxLength: 100, autocomplete: "off" });
  const send = element("button", { textContent: "Ask" });
  const anyway = element("button", { type: "button", className: "quiet", hidden: true });
  const form = element("form", { noValidate: true },
    field("whom", "Their handle, or a guest’s whole name", whom),
    field("note", "A note, if you like", note),
    element("p", { className: "ways" }, send, anyway));
  const own = element("p", { className: "note" }, "Others ask you as ", element("code", {}, name), ".");
  const { made, attempt } = card("Ask somebody", own, form);

  async function request(user_id) {
    const { relation } = await order("/requests", { user_id, note: note.value.trim() || null });
    const other = await nameOf(user_id);
    say(relation === "friends" ? `You and ${other} are friends.` : `${other} is asked.`);
    anyway.hidden = true;
    form.reset();
    whom.focus();
    await changed();
  }

  async function find(typed) {
    anyway.hidden = true;
    if (!typed) throw new Error("Say whom to ask: a handle, or a guest’s whole name.");
    const user_id = typed.includes("~") ? typed : await whoHas(typed);
    if (user_id) return request(user_id);
    anyway.hidden = false;
    anyway.textContent = `Ask the id ${typed}`;
    throw new Error(`Nobody has the handle ${typed}. If it is an id of the shop, ask that.`);
  }

  const typed = () => whom.value.trim().replace(/^@/, "");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(() => find(typed()), send);
  });
  anyway.addEventListener("click", () => attempt(() => request(typed()), anyway));
  whom.addEventListener("input", () => { anyway.hidden = true; });
  return made;
}
