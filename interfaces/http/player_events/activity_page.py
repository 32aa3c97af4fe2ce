"""The page that draws a game's activity, with nothing from elsewhere."""

from functools import cache
from pathlib import Path

from litestar import Response, get
from litestar.params import FromPath

from interfaces.http.platform.problems import Problem

CONTENT_SECURITY_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

FOLDER = Path(__file__).parents[2] / "pages"
PAGE = "activity.html"
PARTS = {
    "activity.css": "text/css",
    "activity.js": "text/javascript",
    "charts.js": "text/javascript",
}


@get("/activity")
async def get_page() -> Response[bytes]:
    """Serve the page; it asks for a token itself, and sends it with its questions only."""
    return _file(PAGE, "text/html")


@get("/activity/{name:str}")
async def get_part(name: FromPath[str]) -> Response[bytes]:
    """Serve what the page is made of; raises `Problem` 404 for anything else."""
    if name not in PARTS:
        raise Problem(404, "not-found", "The page has no such part.")
    return _file(name, PARTS[name])


def _file(name: str, media_type: str) -> Response[bytes]:
    # Kept nowhere: the parts of one version belong together.
    return Response(_read(name), media_type=media_type, headers={"cache-control": "no-cache"})


@cache
def _read(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


HANDLERS = [get_page, get_part]
