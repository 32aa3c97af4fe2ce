"""Pages: files of a folder, each served at its address, with nothing from elsewhere."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from html import escape
from pathlib import Path
from typing import NamedTuple

from litestar import Litestar
from litestar.datastructures.headers import Accept
from litestar.exceptions import MethodNotAllowedException
from litestar.types import HTTPScope, Send

from interfaces.http.platform.auth import open_handlers
from interfaces.http.platform.problems import MEDIA_TYPE, Problem
from interfaces.http.platform.responses import Header, respond

FOLDER = Path(__file__).parents[2] / "pages"
"""Where the folders of pages are."""

STRICT = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The content security policy of a page: its own files and the API, and nothing written inline."""

INDEX = "index.html"
KINDS: dict[str, Header] = {
    ".css": (b"content-type", b"text/css; charset=utf-8"),
    ".html": (b"content-type", b"text/html; charset=utf-8"),
    ".ico": (b"content-type", b"image/x-icon"),
    ".js": (b"content-type", b"text/javascript; charset=utf-8"),
    ".png": (b"content-type", b"image/png"),
    ".svg": (b"content-type", b"image/svg+xml"),
}


@dataclass(frozen=True, kw_only=True)
class Page:
    """A folder of which `index.html` is served at `path`, and every other file below it.

    Neither asks for a token: what a page shows of the hall it asks of the API. `title` and `about`,
    a sentence, stand in the index of the hall. `policy` is the content security policy;
    `files_at` is where its files are instead, when handlers answer below `path`; `others`
    are files from elsewhere that are served like the folder's own. One that `needs` a part of the
    services is there where that has been built.
    """

    path: str
    folder: Path
    title: str
    about: str
    policy: bytes = STRICT
    files_at: str | None = None
    others: tuple[Path, ...] = ()
    needs: type | None = None

    @property
    def below(self) -> str:
        """What the addresses of its files begin with."""
        return f"{(self.files_at or self.path).rstrip('/')}/"

    def files(self) -> Iterator[tuple[str, Path]]:
        """Every address of the page, and the file that is there."""
        for file in (*self.folder.iterdir(), *self.others):
            yield self.path if file.name == INDEX else self.below + file.name, file


HALL = Page(
    path="/", folder=FOLDER / "hall", title="Gamehall", about="Everything that is here for a look."
)
"""The index of all other pages, and what they share: tokens of design, modules and icons."""

NOWHERE = FOLDER / "nowhere.html"


class Content(NamedTuple):
    """The bytes of a file, and the headers that go with them."""

    body: bytes
    headers: tuple[Header, ...]


class Site:
    """All pages of the hall: which addresses are theirs, and what is there."""

    def __init__(self, pages: Iterable[Page], app: Litestar) -> None:
        """Take in pages, and what of an application asks for no token either."""
        self._pages = (HALL, *pages)
        self._files = {
            address: (page, read(file)) for page in self._pages for address, file in page.files()
        }
        index = self._files[HALL.path][1].body.decode()
        index = index.replace("<!-- pages -->", "\n".join(self._shown()))
        index = index.replace("<!-- open -->", "\n".join(_open(app)))
        self._files[HALL.path] = HALL, content_of(index.encode(), ".html")
        # Not what is below `/`, which is the API's or unknown.
        self._below = tuple(page.below for page in self._pages if page is not HALL)

    def page_at(self, path: str) -> Page | None:
        """The page that an address belongs to, whether it has such a file or not."""
        if path in self._files:
            return self._files[path][0]
        if not path.startswith(self._below):
            return None
        return next(page for page in self._pages[1:] if path.startswith(page.below))

    async def serve(self, scope: HTTPScope, send: Send) -> None:
        """Answer with a file; raises `Problem` 404 and `MethodNotAllowedException`."""
        path = scope["path"].rstrip("/") or HALL.path
        if path not in self._files:
            raise Problem(404, "not-found", "The page has no such part.")
        if scope["method"] != "GET":
            raise MethodNotAllowedException(headers={"Allow": "GET"})
        scope["path_template"] = path
        body, headers = self._files[path][1]
        known = dict(scope["headers"]).get(b"if-none-match", b"")
        if dict(headers)[b"etag"] in known:
            await respond(send, 304, headers)
        else:
            await respond(send, 200, headers, body)

    def _shown(self) -> Iterator[str]:
        for page in self._pages[1:]:
            title, about = escape(page.title), escape(page.about)
            yield f'<li><a href="{page.path}"><strong>{title}</strong><span>{about}</span></a></li>'


def _open(app: Litestar) -> Iterator[str]:
    for path, handler in open_handlers(app).items():
        if handler.opt.get("for_pages"):
            continue
        about = escape((handler.fn.__doc__ or "").partition("\n")[0])
        yield f'<li><a href="{path}"><code>{path}</code><span>{about}</span></a></li>'


@cache
def read(file: Path) -> Content:
    """Read a file once, with the headers it is served with."""
    return content_of(file.read_bytes(), file.suffix)


def content_of(body: bytes, suffix: str) -> Content:
    """Give something the headers of a file; the parts of one version belong together.

    So a browser keeps each of them and asks whether it is still the same.
    """
    tag = blake2b(body, digest_size=12).hexdigest()
    headers = KINDS[suffix], (b"etag", f'"{tag}"'.encode()), (b"cache-control", b"no-cache")
    return Content(body, headers)


async def show_nowhere(send: Send) -> None:
    """Show a browser that there is nothing at its address, or nothing without a token."""
    body, headers = read(NOWHERE)
    await respond(send, 404, [*headers, (b"vary", b"accept")], body)


def wants_page(scope: HTTPScope, problem: Problem) -> bool:
    """Whether it is a browser that looks for a page where there is none.

    The API answers browsers as it does programs. Elsewhere a browser is not told whether an address
    exists and wants a token, or leads nowhere.
    """
    if problem.status not in {401, 404} or scope["method"] != "GET":
        return False
    accept = dict(scope["headers"]).get(b"accept", b"").decode("latin-1")
    kinds = [MEDIA_TYPE, "application/json", "text/html"]
    return not scope["path"].startswith("/api/") and preferred(accept, kinds) == "text/html"


def preferred(accept: str, kinds: Sequence[str]) -> str | None:
    """Which of these media types a header `Accept` likes best; None for none, or for no header."""
    try:
        return Accept(accept).best_match(list(kinds))
    except (ValueError, OverflowError):  # its qualities are no numbers, or none that there are
        return None
