"""Which browser it is, as far as people tell theirs apart."""

BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
"""What a `User-Agent` has, and what people call that; the first that fits. Most say the names of
others too: Edge and Opera that they are Chrome, and Chrome that it is Safari."""


def device_of(user_agent: str) -> str:
    """A browser and its system, such as `Firefox on Android`; nothing for what is neither.

    Coarse on purpose: it is kept, and tells nobody from others.
    """
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return " on ".join(each for each in (browser, system) if each)
