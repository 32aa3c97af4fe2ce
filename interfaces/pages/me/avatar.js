// The avatar: a picture of somebody, for everybody who is signed in.
import { ask, position } from "/ask.js";
import { element } from "/element.js";
import { card } from "/section.js";

const MINE = "/api/v1/me/account/avatar";
const MOST_BYTES = 2 * 1024 * 1024;

// The picture of an account as it is now. What a browser has kept may be a former one.
async function pictureOf({ user_id }) {
  const path = `/api/v1/accounts/${encodeURIComponent(user_id)}/avatar?size=256`;
  const answer = await fetch(path, { cache: "no-cache" });
  return answer.ok ? createImageBitmap(await answer.blob()) : null;
}

export async function avatar({ account }) {
  const shown = element("canvas", { className: "avatar", width: 256, height: 256, role: "img", ariaLabel: "Your picture" });
  const none = element("p", { className: "avatar", textContent: "None" });
  const file = element("input", { type: "file", id: "avatar", accept: "image/png,image/jpeg,image/webp" });
  const label = element("label", { htmlFor: "avatar", textContent: "PNG, JPEG or WebP, up to 2 MB" });
  const remove = element("button", { type: "button", className: "quiet", textContent: "Remove", ariaLabel: "Remove the picture" });
  const chosen = element("div", { className: "field" }, label, file, element("p", { className: "ways" }, remove));
  const { made, attempt } = card("Picture", element("div", { className: "beside" }, shown, none, chosen));

  async function look() {
    const picture = account.has_avatar ? await pictureOf(account) : null;
    shown.hidden = remove.hidden = !picture;
    none.hidden = !!picture;
    if (picture) shown.getContext("2d").drawImage(picture, 0, 0);
  }

  async function change(path, body) {
    await ask(path, { body });
    account.has_avatar = (await ask("/api/v1/me/account", { after: position })).has_avatar;
    await look();
  }

  file.addEventListener("change", () =>
    attempt(async () => {
      const [picture] = file.files;
      file.value = ""; // the same one may be chosen again
      if (picture.size > MOST_BYTES) throw new Error("The picture has more than 2 MB; take a smaller one.");
      await change(MINE, picture);
    }, file),
  );
  remove.addEventListener("click", () => attempt(() => change(`${MINE}/remove`, {}), remove));
  await look();
  return made;
}
