"""The page that draws a game's activity; it asks for a token, and sends it with its questions."""

from interfaces.http.platform.pages import FOLDER, Page

PAGE = Page("/activity", FOLDER / "activity")
