"""Which incidents a tree, a level or a contact is for."""

from collections.abc import Collection
from fnmatch import fnmatchcase

from alertnet.core.codec import value
from alertnet.core.incident import Severity


@value
class When:
    """Which incidents a level or a contact is for; what is empty asks for nothing. A contact has the last two alone."""

    severity: frozenset[Severity] = frozenset()
    type: frozenset[str] = frozenset()
    nationality: bool = False
    """`nationality: match`: only contacts that represent one of the affected, and those that represent nobody."""
    place: frozenset[str] = frozenset()
    """Codes of places, in which `*` stands for any signs."""
    organisation: frozenset[str] = frozenset()
    """Codes of organisations, one of which is affected."""


EVERY_INCIDENT = When()


def may_be_at(place: str | None, patterns: Collection[str]) -> bool:
    """Whether a place is one of those, `*` standing for any signs; so may be one that is not known, or told in words.

    Without patterns every place is.
    """
    code = (place or "").strip().upper()
    return not patterns or len(code.split()) != 1 or any(fnmatchcase(code, pattern) for pattern in patterns)
