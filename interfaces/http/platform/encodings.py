"""Bodies that come compressed, and what they may come to when they are not any more."""

import zlib
from collections.abc import Callable, Mapping

import zstandard

from interfaces.http.platform.bodies import too_large
from interfaces.http.platform.problems import Problem, bad_request

GZIP_WBITS = zlib.MAX_WBITS | 16
LARGEST_ZSTD_WINDOW_BYTES = 8 * 1024 * 1024
"""Of zstd, as RFC 8878 recommends that every reader supports; more would only cost memory."""


def decoded(body: bytes, headers: Mapping[bytes, bytes], limit: int) -> bytes:
    """A body without its `Content-Encoding`.

    Raises `Problem` 415 for an encoding other than gzip and zstd, 400 for what is not encoded like
    that, and 413 for what has more than `limit` bytes when unpacked, of which no more are unpacked.
    """
    encoding = headers.get(b"content-encoding", b"identity").strip().lower()
    if encoding == b"identity":
        return body
    if encoding not in DECODERS:
        raise Problem(
            415, "unsupported-encoding", "A body may be encoded as gzip or zstd, or not at all."
        )
    try:
        unpacked = DECODERS[encoding](body, limit + 1)
    except (zlib.error, zstandard.ZstdError, EOFError):
        raise bad_request(
            "malformed-encoding", f"The body is not encoded as {encoding.decode()}."
        ) from None
    if len(unpacked) > limit:
        raise too_large(limit)
    return unpacked


def _gunzip(body: bytes, most: int) -> bytes:
    unpacking = zlib.decompressobj(GZIP_WBITS)
    unpacked = unpacking.decompress(body, most)
    if len(unpacked) < most and not unpacking.eof:
        raise EOFError
    return unpacked


def _unzstd(body: bytes, most: int) -> bytes:
    unpacking = zstandard.ZstdDecompressor(max_window_size=LARGEST_ZSTD_WINDOW_BYTES)
    with unpacking.stream_reader(body) as reader:
        unpacked = reader.read(most)
    # The reader takes an end in the middle for the end; only this knows, but not where to stop.
    whole = unpacking.decompressobj()
    if len(unpacked) < most and (whole.decompress(body) != unpacked or not whole.eof):
        raise EOFError
    return unpacked


DECODERS: Mapping[bytes, Callable[[bytes, int], bytes]] = {b"gzip": _gunzip, b"zstd": _unzstd}
