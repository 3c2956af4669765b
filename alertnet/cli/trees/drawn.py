"""A rehearsal as an SVG: a lane per contact, a mark per message, a column per moment."""

from collections.abc import Sequence
from datetime import datetime

from alertnet.cli.trees.scenes import is_prompt
from alertnet.cli.trees.written import head_of, moment
from alertnet.core.forecast.simulation import Told
from alertnet.core.notification import Kind
from alertnet.flows.forecast.played import Played
from alertnet.messages.drawings.time_axis import Mark, TimeAxis, as_file

SIGNS = {"sms": "S", "call": "C", "email": "M", "task": "T"}
TONES = {Kind.ALERT: "alarm", Kind.REMINDER: "told", Kind.DECISION: "asked", Kind.ALARM: "asked", Kind.TASK: "answered"}


def picture_of(played: Played) -> str:
    """A standalone SVG with a title and text for each mark."""
    title, *more = head_of(played)
    marks = [_mark(played, each) for each in _without_repeats(played.rehearsal.told)]
    legend = "S SMS, C call, M mail, T task; red an alert, brown once more, violet a question or alarm, green a task"
    axis = TimeAxis(title, "; ".join([*more, legend]), marks, lambda at: moment(played, at).strip())
    return as_file(axis)


def _without_repeats(told: Sequence[Told]) -> list[Told]:
    """The messages without repetitions of alarms, questions and tasks."""
    first: dict[tuple[object, ...], datetime] = {}
    shown = []
    for each in told:
        key = (each.trees, each.level, each.kind, each.round)
        if not is_prompt(each) or first.setdefault(key, each.at) == each.at:
            shown.append(each)
    return shown


def _mark(played: Played, told: Told) -> Mark:
    fails = "" if told.arrives else ", fails"
    words = f"{told.kind} by {told.method.kind} to {told.contact.id}, {told.level}, {played.local(told):%a %H:%M} there"
    row, tone = f"{told.tree} · {told.contact.id}", TONES.get(told.kind, "quiet")
    return Mark(told.at, row, SIGNS[told.method.kind], tone, words + fails)
