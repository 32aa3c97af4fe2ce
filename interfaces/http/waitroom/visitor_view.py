"""What a visitor of a waiting room sees: one page, which needs no script, in several languages."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from string import Template
from typing import NamedTuple
from urllib.parse import quote

from domain.waitroom.description import Appearance
from interfaces.http.platform.pages import preferred
from projections.waitroom.minutes import Minute
from projections.waitroom.queue import QueueOverview, QueuePlace

HERE = Path(__file__).parent
PAGE = Template(HERE.joinpath("visitor.html").read_text())
LANGUAGES: Mapping[str, Mapping[str, str]] = {
    file.stem: json.loads(file.read_text())
    for file in sorted(HERE.joinpath("visitor_texts").glob("*.json"))
}
"""The texts of each language; a file more is a language more."""

DEFAULT = "en"
LOOK_AGAIN_S = 10
"""How often a browser without scripts looks again."""

PACE_MINUTES = 5
"""Of which the pace is taken, at which people are let in."""

FEWEST_ADMITTED = 3
"""In that time, for the pace to say anything."""


class RoomInView(NamedTuple):
    """A room as somebody looks at it: their session, if there is one, and the way back."""

    room: QueueOverview
    appearance: Appearance
    place: QueuePlace | None
    shop: str | None
    """Where the shop is, if the visitor can be sent there."""
    minutes: Sequence[Minute] = ()
    signed_out: bool = False
    """Whether the place that the browser remembers is of somebody who is signed in no more."""


def language_of(accepted: str) -> str:
    """The language of a page, by the header `Accept-Language`."""
    # As media types, which are preferred by the same rules.
    wanted = ",".join(f"x/{part.strip()}" for part in accepted.split(",")[:20] if part.strip())
    kinds = [f"x/{name}" for name in (DEFAULT, *LANGUAGES)]
    best, plain = preferred(wanted, kinds), preferred(_without_regions(wanted), kinds)
    return (best or plain or f"x/{DEFAULT}").removeprefix("x/")


def _without_regions(wanted: str) -> str:
    return ",".join(
        part.partition("-")[0] + part[part.find(";") :] * (";" in part)
        for part in wanted.split(",")
    )


def page(language: str, seen: RoomInView, now: datetime) -> str:
    """The page of a room."""
    said = _Said(language, seen.appearance)
    title = said.title or seen.room.event_id
    path = path_of(seen.room.event_id)
    head = [f'<link rel="stylesheet" href="{path}/colours.css">']
    head.append(f'<noscript><meta http-equiv="refresh" content="{LOOK_AGAIN_S}"></noscript>')
    head.append('<script type="module" src="/queue-page/queue.js"></script>')
    body = "\n".join(_Body(said, seen, path, now).lines())
    return _page(language, title, body, "\n".join(head), _facts(seen, path, now))


def sentence_page(language: str, headline: str, sentence: str, again: str | None = None) -> str:
    """A page that says one thing, and lets somebody try again."""
    texts = LANGUAGES[language]
    body = f"<h1>{escape(texts[headline])}</h1>\n<p>{escape(sentence or texts['nowhere_more'])}</p>"
    if again is not None:
        body += f'\n<p><a class="button" href="{again}">{escape(texts["try_again"])}</a></p>'
    return _page(language, texts[headline], body, "", "")


def colours(appearance: Appearance) -> str:
    """The colours of a room, as a style sheet beside the one that says what they are for."""
    return "\n".join(
        f"@media(prefers-color-scheme:{scheme}){{:root{{--one:{colour};--on-one:{_on(colour)}}}}}"
        for scheme, colour in appearance.colours.items()
        if colour
    )


def path_of(event_id: str) -> str:
    """Where the page of a room is."""
    return f"/queue/{quote(event_id, safe='')}"


def _page(language: str, title: str, body: str, head: str, facts: str) -> str:
    return PAGE.substitute(lang=language, title=escape(title), head=head, facts=facts, body=body)


def _facts(seen: RoomInView, path: str, now: datetime) -> str:
    """What the script wants to know, which then tells what is new without loading the page."""
    place = seen.place
    facts = {"path": path, "now": now.isoformat(), "status": place.status if place else "outside"}
    if place is not None:
        facts["session"] = place.session_id
        if place.deadline is not None:
            facts["deadline"] = place.deadline.isoformat()
    return " ".join(f'data-{name}="{escape(value)}"' for name, value in facts.items())


def _on(colour: str) -> str:
    """Black or white, whichever can be read on a colour (WCAG's relative luminance)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]  # noqa: PLR2004
    luminance = sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return "#000000" if (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) else "#ffffff"


class _Said:
    """The texts of a language, those of the room first."""

    def __init__(self, language: str, appearance: Appearance) -> None:
        self._texts = LANGUAGES[language]
        self._own = _of_language(appearance.texts, language)
        self.title = self._own.get("title") or appearance.title

    def __call__(self, name: str, **facts: object) -> str:
        """A text, fit for HTML."""
        own = self._own.get(name)
        return escape(own or Template(self._texts[name]).substitute(facts))

    def own(self, name: str) -> str | None:
        """What the room itself says, fit for HTML."""
        return escape(self._own[name]) if name in self._own else None


def _of_language(texts: Mapping[str, Mapping[str, str]], language: str) -> Mapping[str, str]:
    regional = (texts[name] for name in sorted(texts) if name.startswith(f"{language}-"))
    return texts.get(language) or next(regional, {})


class _Body:
    """The part of the page that differs by where somebody stands."""

    def __init__(self, said: _Said, seen: RoomInView, path: str, now: datetime) -> None:
        self._said = said
        self._seen = seen
        self._path = path
        self._now = now

    def lines(self) -> Iterator[str]:
        """The HTML."""
        place = self._seen.place
        if place is None:
            yield f"<h1>{self._said('line')}</h1>"
            if self._seen.signed_out:
                yield from self._back_in()
            else:
                yield f"<p>{self._said('outside')} {self._crowd()}</p>"
            yield from self._way_in("join")
        elif place.status == "waiting":
            yield from self._waiting(place)
        elif place.status == "ready":
            yield from self._ready(place)
        else:
            yield f"<h1>{self._said(place.status)}</h1>"
            if over := self._said.own("over"):
                yield f"<p>{over}</p>"
            yield from self._way_in("join_again")

    def _waiting(self, place: QueuePlace) -> Iterator[str]:
        said, ahead = self._said, place.people_ahead
        yield f"<h1>{said('your_place')}</h1>"
        yield f'<p class="place" id="place">{place.position}</p>'
        texts = {0: said("next"), 1: said("one_ahead")}
        many = said("ahead", count="{}")
        told = texts.get(ahead) or many.replace("{}", str(ahead))
        yield (
            f'<p id="ahead" aria-live="polite" data-none="{texts[0]}" data-one="{texts[1]}" '
            f'data-many="{many}">{told}</p>'
        )
        if self._seen.room.paused:
            yield f'<p class="card">{said("paused")}</p>'
        elif estimate := self._estimate(ahead):
            yield f'<p class="note">{estimate}</p>'
        yield f"<p>{said('waiting')}</p>"
        yield from self._form("leave", "leave", "quiet")

    def _ready(self, place: QueuePlace) -> Iterator[str]:
        said = self._said
        yield f'<h1 tabindex="-1" id="turn">{said("ready")}</h1>'
        if place.deadline is not None:
            left_s = max(0, int((place.deadline - self._now).total_seconds()))
            yield f"<p>{said('time_left')}</p>"
            yield f'<p class="place" id="left" role="timer">{left_s // 60}:{left_s % 60:02}</p>'
        if self._seen.shop is None:
            yield f"<p>{said('no_shop')}</p>"
        else:
            yield f'<p><a class="button go" href="{escape(self._link("go"))}">{said("go")}</a></p>'
        yield from self._form("leave", "leave_slot", "quiet")

    def _way_in(self, text: str) -> Iterator[str]:
        room = self._seen.room
        if room.status != "open":
            yield f'<p class="card">{self._said("closed")}</p>'
            return
        if room.paused:
            yield f'<p class="card">{self._said("paused")}</p>'
        yield from self._form("join", text, "")

    def _back_in(self) -> Iterator[str]:
        again = f"/sign-in?return={quote(self._path, safe='')}"
        yield f'<p class="card">{self._said("signed_out")}</p>'
        yield f'<p><a class="button" href="{again}">{self._said("sign_in")}</a></p>'

    def _form(self, action: str, text: str, style: str) -> Iterator[str]:
        yield f'<form method="post" action="{escape(self._link(action))}">'
        yield f'<button class="{style}">{self._said(text)}</button></form>'

    def _link(self, action: str) -> str:
        shop = self._seen.shop
        return f"{self._path}/{action}" + (f"?return={quote(shop, safe='')}" if shop else "")

    def _crowd(self) -> str:
        waiting = self._seen.room.waiting
        if waiting <= 1:
            return self._said("one_in_line" if waiting else "nobody_in_line")
        return self._said("in_line", count=waiting)

    def _estimate(self, ahead: int) -> str | None:
        """How long it takes at the pace of the last minutes, where there is one."""
        since = self._now.astimezone(UTC).timestamp() - 60 * PACE_MINUTES
        latest = [each for each in self._seen.minutes if each.minute.timestamp() >= since]
        admitted = sum(each.admitted for each in latest)
        if admitted < FEWEST_ADMITTED:
            return None
        minutes = round((ahead + 1) / admitted * PACE_MINUTES)
        return self._said("estimate", minutes=minutes) if minutes > 1 else self._said("soon")
