"""A picture goes in, and comes out small, upright, and with nothing that it did not show."""

import asyncio
import io
import struct
import zipfile
import zlib
from datetime import timedelta
from typing import Any

import httpx
import pytest
from PIL import Image

from application.accounts import avatars as module
from application.accounts.avatars import Avatars, PictureRefused
from infra.pictures import MOST_PIXELS, avatar_of
from interfaces.http.accounts.avatars import PICTURE_LIMIT_BYTES
from tests.http.conftest import Api, problem
from tests.http.test_accounts import register
from tests.http.test_people import erase, unpacked

MINE, REMOVE = "/api/v1/me/account/avatar", "/api/v1/me/account/avatar/remove"
ANNS = "/api/v1/accounts/ann/avatar"
RED, BLUE = (255, 0, 0), (0, 0, 255)
WHERE = "Ada's house"
ORIENTATION, DESCRIPTION = 0x0112, 0x010E
PLACE, AREA = 0x8825, 28
"""What EXIF tells of where a picture was taken, and what the area is called."""


def picture(format: str = "PNG", size: tuple[int, int] = (300, 200), **saved: Any) -> bytes:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    file = io.BytesIO()
    image.save(file, format, **saved)
    return file.getvalue()


def shown(file: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(file))
    assert image.format == "WEBP"
    return image.convert("RGB")


def is_like(pixel: Any, colour: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 30 for a, b in zip(pixel, colour, strict=True))


async def upload(api: Api, body: bytes, user: str = "ann", kind: str = "image/png") -> Any:
    headers = api.token(user) | {"content-type": kind}
    return await api.client.post(MINE, content=body, headers=headers)


async def avatar(api: Api, query: str = "", **options: Any) -> httpx.Response:
    return await api.ask("GET", ANNS + query, user="eve", **options)


async def files(api: Api) -> int:
    stored = api.services.part(Avatars)
    return len([record async for record in stored.records("ann")])


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
async def test_somebody_has_a_picture_that_all_who_are_signed_in_see(api: Api, format: str) -> None:
    await register(api)
    assert (await upload(api, picture(format))).status_code == 200
    for query, side in (("", 256), ("?size=64", 64)):
        answer = await avatar(api, query)
        assert answer.headers["content-type"] == "image/webp"
        assert answer.headers["x-content-type-options"] == "nosniff"
        image = shown(answer.content)
        assert image.size == (side, side)
        assert is_like(image.getpixel((side // 8, side // 2)), RED)
        assert is_like(image.getpixel((side * 7 // 8, side // 2)), BLUE)


async def test_what_a_picture_is_its_content_says(api: Api) -> None:
    await register(api)
    assert (await upload(api, picture("JPEG"), kind="text/html")).is_success
    page = b"<script>alert(1)</script>"
    problem(await upload(api, page, kind="image/png"), 422, "not-a-picture")
    problem(await avatar(api, "?size=1000"), 400, "invalid-request")


async def test_it_is_upright_and_tells_nothing_that_it_does_not_show(api: Api) -> None:
    await register(api)
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # to be turned by a quarter
    exif[DESCRIPTION] = WHERE
    sent = picture("JPEG", exif=exif, comment=WHERE.encode())
    assert WHERE.encode() in sent
    await upload(api, sent)
    answer = await avatar(api)
    assert WHERE.encode() not in answer.content
    assert not Image.open(io.BytesIO(answer.content)).getexif()
    image = shown(answer.content)
    assert is_like(image.getpixel((128, 20)), RED)
    assert is_like(image.getpixel((128, 236)), BLUE)


async def test_a_browser_asks_again_and_need_not_be_sent_it_again(api: Api) -> None:
    await register(api)
    await upload(api, picture())
    first = await avatar(api)
    assert first.headers["cache-control"] == "private, max-age=300"
    same = await avatar(api, headers={"if-none-match": first.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    other = await avatar(api, "?size=64", headers={"if-none-match": first.headers["etag"]})
    assert other.status_code == 200
    await upload(api, picture("JPEG"))
    changed = await avatar(api, headers={"if-none-match": first.headers["etag"]})
    assert changed.status_code == 200


async def test_who_has_no_account_or_a_disabled_one_has_no_avatar(api: Api) -> None:
    problem(await avatar(api), 404, "avatar-not-found")
    problem(await upload(api, picture()), 404, "account-not-found")
    await register(api)
    problem(await avatar(api), 404, "avatar-not-found")
    await upload(api, picture())
    await api.ask("POST", "/api/v1/accounts/ann/disable", user="olga", scope="admin")
    problem(await avatar(api), 404, "avatar-not-found")
    problem(await upload(api, picture()), 403, "account-disabled")


async def test_an_avatar_that_is_removed_is_gone_with_its_files(api: Api) -> None:
    await register(api)
    await upload(api, picture())
    assert await files(api) == 2
    assert (await api.ask("POST", REMOVE)).is_success
    problem(await avatar(api), 404, "avatar-not-found")
    assert await files(api) == 0


async def test_who_deletes_the_account_leaves_no_file(api: Api) -> None:
    await register(api)
    await upload(api, picture())
    await api.ask("POST", "/api/v1/me/account/delete")
    assert await files(api) == 0


async def test_an_erasure_takes_every_file_and_an_export_before_it_has_them(api: Api) -> None:
    await register(api)
    await upload(api, picture())
    await upload(api, picture("JPEG"))  # whose files stand beside those of the first for a while
    told = unpacked(await api.ask("GET", "/api/v1/me/export"))
    assert len(told["avatars.ndjson"]) == await files(api) == 4
    report = await erase(api)
    assert {"place": "avatars", "what": "every picture", "count": 4} in report["forgotten"]
    assert await files(api) == 0


async def test_files_of_former_avatars_go_after_a_while(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await register(api)
    await upload(api, picture())
    monkeypatch.setattr(module, "LEFT_BEHIND", timedelta(0))
    await upload(api, picture("JPEG"))
    assert await files(api) == 2
    assert (await avatar(api)).is_success


# -- what is no picture ----------------------------------------------------------------------------


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(side: int) -> bytes:
    """A small file that says it is a huge picture."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1_000_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def archive() -> bytes:
    """An archive, which is read from its end."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as entries:
        entries.writestr("where.txt", WHERE)
    return file.getvalue()


def webp(kind: bytes, head: bytes) -> bytes:
    body = b"WEBP" + kind + struct.pack("<I", len(head)) + head
    return b"RIFF" + struct.pack("<I", len(body)) + body


PAGE = f"<!doctype html><script>alert({WHERE!r})</script>".encode()
DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HUGE = (16_383).to_bytes(3, "little") * 2
WRONG = {
    "nothing": b"",
    "text": b"GIF89a" + b"\0" * 100,
    "a page": PAGE,
    "a page with the head of a PNG": b"\x89PNG\r\n\x1a\n" + PAGE,
    "a page with the head of a JPEG": b"\xff\xd8\xff\xe0" + PAGE,
    "a drawing with a script": DRAWING,
    "a drawing behind a declaration": b'<?xml version="1.0"?>' + DRAWING,
    "a GIF": picture("GIF"),
    "a page behind a GIF": picture("GIF") + PAGE,
    "a TIFF": picture("TIFF"),
    "an archive": archive(),
    "an archive before a picture": archive() + picture(),
    "half a picture": picture()[:60],
    "half a JPEG": picture("JPEG", (2_000, 2_000))[:5_000],
    "a huge PNG": bomb(60_000),
    "one that is just too large": bomb(4_001),
    "a huge WebP": webp(b"VP8X", b"\0" * 4 + HUGE + b"\0" * 90),
    "a huge lossless one": webp(b"VP8L", b"\x2f\xff\xff\xff\x0f" + b"\0" * 90),
    "a huge lossy one": webp(b"VP8 ", b"\0\0\0\x9d\x01\x2a\xff\x3f\xff\x3f" + b"\0" * 90),
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
def test_what_is_no_picture_is_refused_in_a_sentence(body: bytes) -> None:
    with pytest.raises(PictureRefused, match=r"picture.*\.$"):
        avatar_of(body)


@pytest.mark.parametrize("body", [body for name, body in WRONG.items() if "huge" in name])
def test_what_is_huge_is_refused_for_its_size_before_it_takes_memory(body: bytes) -> None:
    with pytest.raises(PictureRefused, match="are the most"):
        avatar_of(body)


# -- what is a picture and something else ----------------------------------------------------------


def told() -> Image.Exif:
    """What a camera writes beside a picture: who took it, and where."""
    exif = Image.Exif()
    exif[DESCRIPTION] = WHERE
    exif.get_ifd(PLACE)[AREA] = WHERE.encode()
    return exif


def noted(*texts: tuple[bytes, bytes]) -> bytes:
    """A PNG with chunks of text behind its head."""
    file, head = picture(), 8 + 25
    return file[:head] + b"".join(chunk(kind, text) for kind, text in texts) + file[head:]


WRITTEN = WHERE.encode()
BESIDE = {
    "a PNG before a page": ("PNG", picture() + PAGE),
    "a PNG before an archive": ("PNG", picture() + archive()),
    "a PNG before a program": ("PNG", picture() + b"#!/bin/sh\n#" + WRITTEN),
    "a PNG with texts": (
        "PNG",
        noted((b"tEXt", b"Comment\0" + PAGE), (b"iTXt", b"Author\0\0\0\0\0" + WRITTEN)),
    ),
    "a PNG with a chunk of its own": ("PNG", noted((b"prVt", PAGE))),
    "a PNG that was photographed": ("PNG", picture(exif=told())),
    "a PNG with colours that have a name": ("PNG", picture(icc_profile=WRITTEN * 20)),
    "a JPEG before a page": ("JPEG", picture("JPEG") + PAGE),
    "a JPEG before an archive": ("JPEG", picture("JPEG") + archive()),
    "a JPEG before another one": ("JPEG", picture("JPEG") + picture("JPEG", comment=WRITTEN)),
    "a JPEG with a page in its comment": ("JPEG", picture("JPEG", comment=PAGE)),
    "a JPEG that was photographed": ("JPEG", picture("JPEG", exif=told())),
    "a JPEG with a description": ("JPEG", picture("JPEG", xmp=PAGE)),
    "a WebP before a page": ("WEBP", picture("WEBP") + PAGE),
    "a WebP that was photographed": ("WEBP", picture("WEBP", exif=told(), xmp=PAGE)),
}
"""Pictures of the same pixels as the plain one of their format, and what is in the file beside."""


def chunks(file: bytes) -> list[bytes]:
    """The kinds of the chunks of a WebP file, to its last byte."""
    assert file[:4] + file[8:12] == b"RIFFWEBP"
    kinds, at = [], 12
    while at < len(file):
        kinds.append(file[at : at + 4])
        size = int.from_bytes(file[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
    assert at == len(file)
    return kinds


@pytest.mark.parametrize(("format", "sent"), BESIDE.values(), ids=BESIDE)
def test_of_a_file_nothing_is_kept_but_its_pixels(format: str, sent: bytes) -> None:
    assert sent != picture(format)
    assert avatar_of(sent) == avatar_of(picture(format))
    for kept in avatar_of(sent).values():
        assert chunks(kept) == [b"VP8 "]
        assert WRITTEN not in kept


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_pictures_of_any_kind_are_taken(mode: str) -> None:
    file = io.BytesIO()
    Image.new(mode, (40, 90)).save(file, "JPEG" if mode == "CMYK" else "PNG")
    assert {shown(small).size for small in avatar_of(file.getvalue()).values()} == {
        (64, 64),
        (256, 256),
    }


def test_the_largest_that_is_taken_is_taken() -> None:
    side = int(MOST_PIXELS**0.5)
    assert avatar_of(picture("JPEG", (side, side)))


async def test_no_more_than_a_limit_is_read(api: Api) -> None:
    await register(api)
    large = picture() + b"\0" * PICTURE_LIMIT_BYTES
    problem(await upload(api, large), 413, "too-large")
    assert (await upload(api, large[:PICTURE_LIMIT_BYTES])).is_success


async def test_few_pictures_are_looked_into_at_a_time(api: Api) -> None:
    running = most = 0
    ended = asyncio.Event()

    async def one(avatars: Avatars) -> None:
        await avatars.add("ann", b"")

    def render(_: bytes) -> dict[Any, bytes]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        started.set()
        asyncio.run_coroutine_threadsafe(ended.wait(), loop).result()
        running -= 1
        return {}

    loop, started = asyncio.get_running_loop(), asyncio.Event()
    avatars = Avatars(api.services.part(Avatars)._objects, render)
    many = [asyncio.create_task(one(avatars)) for _ in range(6)]
    await asyncio.wait_for(asyncio.shield(asyncio.to_thread(lambda: None)), 5)
    ended.set()
    await asyncio.gather(*many)
    assert 1 <= most <= module.AT_ONCE


def test_names_of_files_tell_nothing() -> None:
    assert "ann" not in module._folder("ann")
    assert "." not in module._folder("../../etc")
