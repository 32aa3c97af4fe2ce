"""Pictures for the documents, small enough for a repository that has many of them."""

import base64
import os
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

from playwright.async_api import Page

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "pictures"
SCREENSHOTS = ROOT / ".screenshots"
"""For a look at what is being made; git ignores them."""

RENEWED = "PICTURES" in os.environ
"""Whether this run takes the pictures of the documents, as `make pictures` does."""

RENEW = "take them anew: make pictures"
MOST_BYTES = 110_000
COLOURS = (64, 32)
"""How many a picture has; fewer only where it would be too large."""

COUNT = """async ([png, most]) => {
  const bytes = Uint8Array.from(atob(png), (each) => each.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = new OffscreenCanvas(image.width, image.height);
  const drawing = canvas.getContext("2d");
  drawing.drawImage(image, 0, 0);
  const found = new Uint32Array(drawing.getImageData(0, 0, image.width, image.height).data.buffer);
  const counts = new Map();
  for (const each of found) counts.set(each, (counts.get(each) ?? 0) + 1);
  const palette = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a)).slice(0, most);
  const part = (colour, at) => (colour >> at) & 255;
  const distance = (a, b) =>
    [0, 8, 16].reduce((sum, at) => sum + (part(a, at) - part(b, at)) ** 2, 0);
  const nearest = (colour) => palette.reduce(
    (best, each, n) => (distance(each, colour) < distance(palette[best], colour) ? n : best), 0);
  const places = new Map(palette.map((colour, n) => [colour, n]));
  const pixels = Uint8Array.from(found, (colour) => {
    if (!places.has(colour)) places.set(colour, nearest(colour));
    return places.get(colour);
  });
  const reader = new FileReader();
  await new Promise((done) => { reader.onload = done; reader.readAsDataURL(new Blob([pixels])); });
  return [image.width, image.height, palette, reader.result.split(",")[1]];
}"""
"""What a picture is made of: its most frequent colours, and the nearest of them everywhere."""


async def keep(name: str, png: bytes, page: Page) -> None:
    """Keep a picture of a page under a name, which the documents have to show."""
    shown = FOLDER / f"{name}.png"
    if RENEWED:
        shown.write_bytes(await small(png, page))
        return
    SCREENSHOTS.mkdir(exist_ok=True)
    (SCREENSHOTS / f"{name}.png").write_bytes(png)
    assert shown.exists(), f"the documents have no picture {name}; {RENEW}"


async def small(png: bytes, page: Page) -> bytes:
    """A picture in few colours, which takes a quarter of the place; pages have hardly more.

    The browser of the page counts them, so that nothing else is needed.
    """
    browser = page.context.browser
    assert browser is not None
    blank = await browser.new_page()
    for most in COLOURS:
        counted = await blank.evaluate(COUNT, [base64.b64encode(png).decode(), most])
        if len(made := _png(*counted)) <= MOST_BYTES:
            break
    await blank.context.close()
    return made


def _png(width: int, height: int, palette: Sequence[int], packed: str) -> bytes:
    pixels = base64.b64decode(packed)
    rows = b"".join(b"\0" + pixels[at : at + width] for at in range(0, len(pixels), width))
    colours = b"".join(colour.to_bytes(4, "little")[:3] for colour in palette)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = (b"IHDR", header), (b"PLTE", colours), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)
