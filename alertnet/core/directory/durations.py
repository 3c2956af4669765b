"""Durations as they are typed and shown: `90s`, `10m`, `2h`, `1d`."""

import re
from datetime import timedelta

LONGEST = timedelta(days=30)
"""The longest duration that a tree or a request may give."""

_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}
_TYPED = re.compile(r"([0-9]{1,7})([smhd])")


def read_duration(text: str) -> timedelta | None:
    found = _TYPED.fullmatch(text)
    return int(found[1]) * _UNITS[found[2]] if found else None


def duration_text(length: timedelta) -> str:
    """Show a duration in the largest unit that divides it, rounded to whole seconds."""
    seconds = timedelta(seconds=round(length.total_seconds()))
    sign = next((sign for sign, unit in _UNITS.items() if seconds and not seconds % unit), "s")
    return f"{seconds // _UNITS[sign]}{sign}"
