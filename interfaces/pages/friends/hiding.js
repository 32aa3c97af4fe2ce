// Whether friends see that one is there.
import { ask } from "/ask.js";
import { element } from "/element.js";
import { card } from "/section.js";
import { order } from "/friends/asked.js";

const MINE = "/presence/mine";

// The card; `say` tells what is so from now on.
export async function hiding({ say }) {
  const box = element("input", { type: "checkbox", id: "hidden" });
  const label = element("label", { htmlFor: box.id }, "Look as if I were not here");
  const { made, attempt } = card("Who sees that you are here",
    element("p", { className: "note" }, "Your friends see whether you have a page of the hall open, and when you last had."),
    element("p", { className: "choice" }, box, " ", label));
  box.checked = (await ask(`/api/v1/friends${MINE}`)).hidden;
  box.addEventListener("change", () =>
    attempt(async () => {
      try {
        await order(MINE, { hidden: box.checked });
      } catch (error) {
        box.checked = !box.checked;
        throw error;
      }
      say(box.checked ? "To your friends you look as if you had left." : "Your friends see that you are here.");
    }, box),
  );
  return made;
}
