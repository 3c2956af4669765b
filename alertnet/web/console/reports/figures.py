"""Figures over months, as a page with charts and as CSV. They are only read; nothing is kept for them."""

from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query, Response

from alertnet.core.errors import BadInput
from alertnet.flows.desk.figures import Figures, in_words, read_figures
from alertnet.web.console.desk import AtDesk, Desk, sayer
from alertnet.web.console.refusing import Pages
from alertnet.web.console.shown import as_file
from alertnet.web.forms import read_day

router = Pages("/desk")

USUAL_DAYS = 183
"""How many days back the figures go unless the user says otherwise."""
Day = Annotated[str, Query(max_length=10)]


@router.get("/figures")
def show_figures(desk: AtDesk, since: Day = "", until: Day = "") -> Response:
    first, last = _days(desk, since, until)
    figures, say = _read(desk, first, last), sayer(desk.runtime, desk.language)
    return desk.show(
        "figures.html",
        figures=figures,
        sums=[(say("Incidents"), figures.real), (say("Drills"), figures.drills)],
        picture=figures.picture(say),
        in_words=lambda times: in_words(times, say),
        edition=desk.edition.number,
        first=first.isoformat(),
        last=last.isoformat(),
    )


@router.get("/figures.csv")
def get_figures(desk: AtDesk, since: Day = "", until: Day = "") -> Response:
    first, last = _days(desk, since, until)
    return as_file(f"figures-{first}-{last}.csv", _read(desk, first, last).as_csv(), "text/csv")


def _read(desk: Desk, first: date, last: date) -> Figures:
    zone = ZoneInfo(desk.zone)
    since, until = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    return desk.runtime.read(read_figures, desk.network, since, until)


def _days(desk: Desk, since: str, until: str) -> tuple[date, date]:
    """The first and last day typed, by default half a year up to today; `BadInput` where they are no such days."""
    today = desk.runtime.now().astimezone(ZoneInfo(desk.zone)).date()
    last = read_day("until", until) if until else today
    first = read_day("since", since) if since else last - timedelta(days=USUAL_DAYS)
    if first > last:
        raise BadInput("since", since, f"a day that is not after {last}")
    return first, last
