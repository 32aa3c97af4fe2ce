"""The page that draws a game's activity; it asks for a token, and sends it with its questions."""

from interfaces.http.platform.pages import FOLDER, Page

PAGE = Page(
    path="/activity",
    folder=FOLDER / "activity",
    title="Activity",
    about="Who plays a game day by day, who comes back, and how far they get; for studios.",
)
