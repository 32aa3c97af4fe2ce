"""Bodies that come compressed, and what they may come to when they are not any more."""

import zlib
from collections.abc import Callable, Mapping

import zstandard

from interfaces.http.platform.bodies import too_large
from interfaces.http.platform.problems import Problem, bad_request

GZIP_WBITS = zlib.MAX_WBITS | 16
PARTS_LIMIT = 64
"""Members of a gzip file (RFC 1952), or frames of zstd, that one body may consist of."""

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
    unpacked = b""
    for _ in range(PARTS_LIMIT):
        unpacking = zlib.decompressobj(GZIP_WBITS)
        unpacked += unpacking.decompress(body, most - len(unpacked))
        if len(unpacked) >= most:
            return unpacked
        if not unpacking.eof:
            raise EOFError
        body = unpacking.unused_data
        if not body:
            return unpacked
    raise EOFError


def _unzstd(body: bytes, most: int) -> bytes:
    unpacking = zstandard.ZstdDecompressor(max_window_size=LARGEST_ZSTD_WINDOW_BYTES)
    with unpacking.stream_reader(body, read_across_frames=True) as reader:
        unpacked = reader.read(most)
    if len(unpacked) >= most:
        return unpacked
    # The reader takes an end in the middle for the end; only this knows, but not where to stop.
    for _ in range(PARTS_LIMIT):
        frame = unpacking.decompressobj()
        frame.decompress(body)
        if not frame.eof:
            raise EOFError
        body = frame.unused_data
        if not body:
            return unpacked
    raise EOFError


DECODERS: Mapping[bytes, Callable[[bytes, int], bytes]] = {b"gzip": _gunzip, b"zstd": _unzstd}
