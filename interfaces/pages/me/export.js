// All that the hall knows of somebody, as a file.
import { Refused } from "/ask.js";
import { element } from "/element.js";
import { card } from "/section.js";

async function archive() {
  const answer = await fetch("/api/v1/me/export", { cache: "no-store" }).catch(() => null);
  if (!answer) throw new Error("The hall does not answer. Is it running, and are you online?");
  if (!answer.ok) throw new Refused(await answer.json());
  return answer.blob();
}

export function exported() {
  const save = element("button", { type: "button", className: "quiet", textContent: "Save a copy" });
  const note = element("p", { className: "note", textContent: "Everything from every part of the hall, in one archive: what you played, said and were called, and where you signed in. It takes a while." });
  const { made, attempt } = card("What the hall knows of you", note, element("p", { className: "ways" }, save));
  save.addEventListener("click", () =>
    attempt(async () => {
      const href = URL.createObjectURL(await archive());
      element("a", { href, download: "export.zip" }).click();
      setTimeout(() => URL.revokeObjectURL(href), 60_000); // by then the browser has begun to save it
    }, save),
  );
  return made;
}
