"""Pages: files of a folder, each served at its address, with nothing from elsewhere."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path

from litestar.exceptions import MethodNotAllowedException
from litestar.types import HTTPScope, Send

from interfaces.http.platform.problems import Problem
from interfaces.http.platform.responses import respond

FOLDER = Path(__file__).parents[2] / "pages"
"""Where the folders of pages are."""

STRICT = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The content security policy of a page: its own files and the API, and nothing written inline."""

INDEX = "index.html"
MEDIA_TYPES = {
    ".css": b"text/css; charset=utf-8",
    ".html": b"text/html; charset=utf-8",
    ".ico": b"image/x-icon",
    ".js": b"text/javascript; charset=utf-8",
    ".png": b"image/png",
    ".svg": b"image/svg+xml",
}


@dataclass(frozen=True)
class Page:
    """A folder of which `index.html` is served at `path`, and every other file below it.

    Neither asks for a token: what a page shows of the hall it asks of the API. `policy` is its
    content security policy; `others` are files of other folders that are served like its own.
    """

    path: str
    folder: Path
    policy: bytes = STRICT
    others: tuple[Path, ...] = ()

    @property
    def below(self) -> str:
        """What the addresses of its files begin with."""
        return f"{self.path.rstrip('/')}/"

    def files(self) -> Iterator[tuple[str, Path]]:
        """Every address of the page, and the file that is there."""
        for file in (*self.folder.iterdir(), *self.others):
            yield self.path if file.name == INDEX else self.below + file.name, file


class Site:
    """All pages of the hall: which addresses are theirs, and what is there."""

    def __init__(self, pages: Iterable[Page]) -> None:
        self._pages = tuple(pages)
        self._files = {
            address: (page, file) for page in self._pages for address, file in page.files()
        }
        # Whatever is below `/` is not a page's; it is unknown, or the API's.
        self._below = tuple(page.below for page in self._pages if page.below != "/")

    def page_at(self, path: str) -> Page | None:
        """The page that an address belongs to, whether it has such a file or not."""
        if path in self._files:
            return self._files[path][0]
        if not path.startswith(self._below):
            return None
        return next(page for page in self._pages if path.startswith(page.below))

    async def serve(self, scope: HTTPScope, send: Send) -> None:
        """Answer with a file; raises `Problem` 404 and `MethodNotAllowedException`."""
        page, file = self._files.get(scope["path"].rstrip("/") or "/", (None, None))
        if page is None or file is None:
            raise Problem(404, "not-found", "The page has no such part.")
        if scope["method"] != "GET":
            raise MethodNotAllowedException(headers={"Allow": "GET"})
        scope["path_template"] = scope["path"]
        content, tag = _read(file)
        # The parts of one version belong together: each is kept, and asked for again.
        headers = [(b"cache-control", b"no-cache"), (b"etag", tag)]
        if tag in dict(scope["headers"]).get(b"if-none-match", b""):
            await respond(send, 304, headers)
        else:
            kind = (b"content-type", MEDIA_TYPES[file.suffix])
            await respond(send, 200, [*headers, kind], content)


@cache
def _read(file: Path) -> tuple[bytes, bytes]:
    """The content of a file, and the tag by which a browser knows whether it has this one."""
    content = file.read_bytes()
    return content, b'"%s"' % blake2b(content, digest_size=12).hexdigest().encode()
