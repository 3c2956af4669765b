"""Renders the page as HTML: once as a whole, then only regions that have changed."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import phonenumbers
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from alertnet.core.incident import Line, Tone
from alertnet.sandbox.mail import LINK
from alertnet.sandbox.page.cast import Party
from alertnet.sandbox.page.evening import Evening, Mark, Story
from alertnet.sandbox.page.screens import HABITS, Box, Screen, key_of, read_box, read_screen

KEYS = "123456789*0#"
SPEEDS = (1, 60)
LINES = 60
"""How many timeline entries are shown, the newest first."""
REASONS = ("resolved", "safe_arrival", "released", "false_alarm", "handed_over")

Regions = Mapping[str, Markup]
"""The inner HTML of each changing part of the page, by element id."""


class View:
    """Renders an evening as HTML; all values are escaped."""

    def __init__(self, evening: Evening) -> None:
        self._evening = evening
        self._shown: dict[str, tuple[dict[str, Any], Markup]] = {}
        self._environment = Environment(
            loader=PackageLoader("alertnet.sandbox.page"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {"clock": self._clock, "key": key_of, "number": spaced, "english": self._english}

    def page(self) -> str:
        evening = self._evening
        return self._render(
            "page.html",
            cast=evening.cast,
            scenes=evening.scenes,
            regions=self.regions(),
            habits=HABITS,
            alertnet=evening.sandbox.number,
        )

    def regions(self) -> Regions:
        evening = self._evening
        sandbox, cast, story = evening.sandbox, evening.cast, evening.story()
        ringing: list[Party] = []
        regions: dict[str, Markup] = {}

        def show(id: str, template: str, **values: Any) -> None:
            regions[id] = self._render_once(id, template, **values)

        for key, mark in story.rings.items():
            show(f"ring-{key}", "mark.html", mark=mark)
        for party in (*cast.field, *cast.protectors):
            screens = [read_screen(sandbox, number) for number in party.phones]
            boxes = [read_box(sandbox.mailbox(address)) for address in party.mailboxes]
            ringing += [party for screen in screens if screen.ringing]
            show(f"mark-{party.key}", "marks.html", marks=list(_marks(party, screens, boxes, story)))
            for screen in screens:
                regions[f"screen-{key_of(screen.number)}"] = self._screen(party, screen, party in cast.field)
                show(f"habit-{key_of(screen.number)}", "habit.html", screen=screen, habits=HABITS)
            for box in boxes:
                show(f"box-{key_of(box.address)}", "box.html", box=box)
        return regions | self._now(story, ringing)

    def card(self) -> str | None:
        """The result of a closed incident as an SVG; None while it is open."""
        story = self._evening.story()
        if story.ending is None or story.incident is None:
            return None
        return self._render("card.svg", story=story, dots=list(_dots(story.lines)))

    def _now(self, story: Story, ringing: list[Party]) -> dict[str, Markup]:
        now = self._evening.now()
        lines = story.lines[::-1]
        speed, zone = self._evening.speed, self._evening.zone.key.rpartition("/")[2].replace("_", " ")
        newest = next((line for line in lines if line.tone is not Tone.QUIET), None)
        return {
            # Apart from the buttons, which a press would miss if they came anew four times a second.
            "face": self._render("face.html", now=now, speed=speed, zone=zone),
            "time": self._render("time.html", speed=speed, speeds=SPEEDS, ringing=ringing),
            "caption": self._render("caption.html", line=newest, began=story.lines[:1])
            if self._evening.plays_by_itself
            else Markup(),
            "hint": self._render("hint.html", hint=story.hint),
            "incident": self._render("incident.html", story=story, reasons=REASONS),
            "coming": self._render("coming.html", story=story, now=now, soon=now + timedelta(hours=12)),
            "lines": self._render("lines.html", lines=lines[:LINES], more=len(lines) > LINES),
            "news": self._render("news.html", line=lines[0] if lines else None),
        }

    def _screen(self, party: Party, screen: Screen, in_field: bool) -> Markup:
        rings_until = screen.ringing and screen.ringing.record.created_at + screen.ringing.record.timeout
        # A call changes inside its object, which therefore compares equal, so it is always rendered anew.
        is_calm = screen.ringing is None and screen.talking is None
        render = partial(self._render_once, f"screen-{key_of(screen.number)}") if is_calm else self._render
        return render(
            "screen.html",
            party=party,
            screen=screen,
            rings_until=rings_until,
            in_field=in_field,
            keys=KEYS,
            alertnet=self._evening.sandbox.number,
        )

    def _render_once(self, id: str, name: str, **values: Any) -> Markup:
        """Render the region only if its values have changed, because the page looks four times a second."""
        before = self._shown.get(id)
        if before is None or before[0] != values:
            before = self._shown[id] = values, self._render(name, **values)
        return before[1]

    def _render(self, name: str, **values: Any) -> Markup:
        return Markup(self._environment.get_template(name).render(values))  # noqa: S704 - escaped by the template

    def _english(self, text: str) -> str:
        """The English of a text, without its links; empty where it is English already."""
        return " ".join(LINK.sub(" ", self._evening.subtitle(text) or "").split())

    def _clock(self, at: datetime, seconds: bool = True) -> str:
        return f"{at.astimezone(self._evening.zone):{'%H:%M:%S' if seconds else '%H:%M'}}"


def spaced(number: str) -> str:
    """A phone number in a readable form: `+57 300 555 0001`."""
    return phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _dots(lines: tuple[Line, ...]) -> Iterator[tuple[float, Tone]]:
    """Each event with its position between first and last (0 to 1) and its kind; answers last, to be drawn on top."""
    lasted = (lines[-1].at - lines[0].at) / timedelta(seconds=1) or 1
    for line in sorted(lines, key=lambda line: line.tone is Tone.ANSWERED):
        yield (line.at - lines[0].at) / timedelta(seconds=1) / lasted, line.tone


def _marks(party: Party, screens: list[Screen], boxes: list[Box], story: Story) -> Iterator[Mark]:
    """The marks on a party's card: first what its devices do, then its state in the incident."""
    if any(screen.ringing for screen in screens):
        yield Mark(Tone.ALARM, "ringing")
    elif any(screen.talking for screen in screens):
        yield Mark(Tone.ASKED, "on the phone")
    habits = {screen.habit for screen in screens} - {"manual"}
    if habits:
        yield Mark(Tone.TROUBLE, next(text for habit, text in HABITS.items() if habit in habits))
    if party.key in story.parties:
        yield story.parties[party.key]
    texts = sum(screen.received for screen in screens)
    if texts:
        yield Mark(Tone.QUIET, f"{texts} SMS")
    letters = sum(len(box.letters) for box in boxes)
    if letters:
        yield Mark(Tone.QUIET, f"{letters} mail{'s' if letters > 1 else ''}")
