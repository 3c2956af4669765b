"""Figures over months: how long things took, who was reached by what, how drills went, and what to change."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from alertnet.core.codec import value
from alertnet.core.directory.contact_tree import Network
from alertnet.core.directory.languages import Say
from alertnet.core.monitoring.figures import Advice, Course, Durations, LevelTimes, Tried, advise, by_level, times_of
from alertnet.messages.drawings.bars import Bar, as_bars
from alertnet.store.db.tx import Tx
from alertnet.store.views import figures as view

COLUMNS = ("figure", "tree", "what", "part", "count", "never", "p50_s", "p90_s", "shortest_s", "longest_s")
"""Columns of the CSV; times in seconds."""


@value
class Sum:
    """How many incidents or drills, and by name the times to their first message, answer and action."""

    count: int
    times: Mapping[str, Durations]


@value
class Figures:
    """Figures of the incidents opened between two moments. Levels, tries and advice count real incidents only."""

    since: datetime
    until: datetime
    real: Sum
    drills: Sum
    levels: tuple[LevelTimes, ...]
    tried: tuple[Tried, ...]
    tried_in_drills: tuple[Tried, ...]
    advice: tuple[Advice, ...]

    def picture(self, say: Say) -> str:
        """How long each level took to answer, as an SVG."""
        bars = [
            Bar(
                f"{each.tree}: {each.level}, {say(each.band)}",
                _minutes(each.times.p50),
                _minutes(each.times.p90),
                in_words(each.times, say),
            )
            for each in self.levels
        ]
        described = say("half of the answers came within the strong bar, nine of ten within the pale one")
        return as_bars(say("How long each level took to answer"), described, bars)

    def as_csv(self) -> str:
        """All figures as CSV rows: the figure, its subject, and times in seconds."""
        return as_csv([COLUMNS, *self._rows()])

    def _rows(self) -> Iterator[tuple[object, ...]]:
        for which, summed in (("incidents", self.real), ("drills", self.drills)):
            for name, times in summed.times.items():
                yield which, "", name, "", *_row(times)
        for each in self.levels:
            yield "level", each.tree, as_text(each.level), each.band, *_row(each.times)
        for kind, tried in (("reached", self.tried), ("reached in drills", self.tried_in_drills)):
            for row in tried:
                yield kind, row.tree, row.contact, row.method, row.tries, row.tries - row.arrived, "", "", "", ""


def read_figures(tx: Tx, network: Network, since: datetime, until: datetime) -> Figures:
    """Compute the figures of the incidents opened in that time."""
    courses, opened = view.courses(tx.session, since, until)
    drills = {each.id for each in courses if each.drill}
    real = [each.id for each in courses if not each.drill]
    levels = by_level((each for each in opened if each.incident not in drills), network)
    return Figures(
        since,
        until,
        _summed([each for each in courses if not each.drill]),
        _summed([each for each in courses if each.drill]),
        tuple(levels),
        tuple(view.tried(tx.session, real)),
        tuple(view.tried(tx.session, sorted(drills))),
        tuple(advise(levels, network)),
    )


def in_words(times: Durations, say: Say) -> str:
    """Times in words, as in `p50 4 min, p90 20 min, of 12; 2 never`; of few the shortest and the longest."""
    known = [f"{name} {length(value)}" for name, value in (("p50", times.p50), ("p90", times.p90)) if value is not None]
    if times.p50 is None and times.shortest is not None and times.longest is not None:
        known = [f"{length(times.shortest)} – {length(times.longest)}", say("too few for more")]
    known.append(say("of {}").format(times.count))
    return ", ".join(known) + (f"; {times.never} {say('never')}" if times.never else "")


def length(span: timedelta) -> str:
    """A duration in words, as in `40 s`, `12 min` or `2 h 5 min`."""
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes else f"{seconds} s"


def _summed(courses: Sequence[Course]) -> Sum:
    def since_opened(moments: Iterable[datetime | None]) -> Durations:
        pairs = zip(courses, moments, strict=True)
        return times_of(None if at is None else at - each.opened_at for each, at in pairs)

    times = {
        "to first message": since_opened(each.told_at for each in courses),
        "to first answer": since_opened(each.answered_at for each in courses),
        "to first action": since_opened(each.acted_at for each in courses),
    }
    return Sum(len(courses), times)


def _row(times: Durations) -> tuple[object, ...]:
    spans = (times.p50, times.p90, times.shortest, times.longest)
    return times.count, times.never, *("" if each is None else round(each.total_seconds()) for each in spans)


def as_csv(rows: Iterable[Iterable[object]]) -> str:
    """The rows as CSV, behind the mark by which Excel knows UTF-8: else it shows each accent as two signs."""
    out = io.StringIO()
    out.write("\ufeff")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def as_text(text: str) -> str:
    """The text made safe from spreadsheets, which could take it for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _minutes(span: timedelta | None) -> float | None:
    return None if span is None else span / timedelta(minutes=1)
