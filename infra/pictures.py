"""Pictures as they come from anybody: looked at by their content, and made small.

What is kept is made anew from the pixels, so nothing of the file itself is: no place where it was
taken, no text, no second picture behind the first.
"""

from collections.abc import Mapping
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from application.accounts.avatars import SIZES, PictureRefused, Size

FORMATS = ("PNG", "JPEG", "WEBP")
MOST_PIXELS = 16_000_000
"""Of a picture that is looked into, which takes 64 MB then."""

WEBP_QUALITY = 80
WEBP_HEADER_BYTES = 30

Image.MAX_IMAGE_PIXELS = None
"""Pillow would let ten times as much pass, and warn of less in the log of who runs this."""


def avatar_of(data: bytes) -> Mapping[Size, bytes]:
    """Square WebP files of a picture's middle, upright; raises `PictureRefused`."""
    try:
        _refuse_huge_webp(data)
        with Image.open(BytesIO(data), formats=FORMATS) as picture:
            _refuse_huge(*picture.size)
            picture.draft("RGB", (2 * int(SIZES[-1]), 2 * int(SIZES[-1])))  # a large JPEG at once
            upright = ImageOps.exif_transpose(picture)
            mode = "RGBA" if upright.has_transparency_data else "RGB"
            return {size: _small(upright.convert(mode), int(size)) for size in SIZES}
    except PictureRefused:
        raise
    # Whatever a decoder stumbles over is wrong with the file; nothing else is asked for here.
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise PictureRefused(
            f"The body is no picture in {', '.join(FORMATS)} that can be read ({error})."
        ) from error


def _small(picture: Image.Image, side: int) -> bytes:
    file = BytesIO()
    fitted = ImageOps.fit(picture, (side, side), Image.Resampling.LANCZOS)
    fitted.info = {}
    fitted.save(file, "WEBP", quality=WEBP_QUALITY, exif=b"", icc_profile=b"", xmp=b"")
    return file.getvalue()


def _refuse_huge(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise PictureRefused(
            f"The picture has {width:,} by {height:,} pixels, and {MOST_PIXELS:,} are the most."
        )


def _refuse_huge_webp(data: bytes) -> None:
    """Look at the size that a WebP file names, for which its decoder takes memory at once."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP" and len(data) >= WEBP_HEADER_BYTES:
        _refuse_huge(*_size_of_webp(data[12:16], data[20:WEBP_HEADER_BYTES]))


def _size_of_webp(kind: bytes, head: bytes) -> tuple[int, int]:
    """Width and height in the first chunk (RFC 9649, section 2)."""
    if kind == b"VP8X":
        return _number(head[4:7]) + 1, _number(head[7:10]) + 1
    if kind == b"VP8L":
        bits = _number(head[1:5])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return _number(head[6:8]) & 0x3FFF, _number(head[8:10]) & 0x3FFF


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")
