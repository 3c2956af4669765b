"""The condition on the incidents that a tree, a level or a contact is for."""

from collections.abc import Collection
from fnmatch import fnmatchcase
from itertools import product

from alertnet.core.codec import value
from alertnet.core.incident import Severity, as_code


@value
class When:
    """Which incidents a level or a contact is for. Empty fields match all. A contact uses only the last two."""

    severity: frozenset[Severity] = frozenset()
    type: frozenset[str] = frozenset()
    nationality: bool = False
    """`nationality: match`: only contacts that represent one of the affected, and those that represent nobody."""
    place: frozenset[str] = frozenset()
    """Codes of places, with `*` as wildcard."""
    organisation: frozenset[str] = frozenset()
    """Codes of organisations, one of which must be affected."""


EVERY_INCIDENT = When()


def may_be_at(place: str | None, patterns: Collection[str]) -> bool:
    """Whether a place matches one of the patterns (`*` is the wildcard). Unknown places, and those in words, may match.

    Without patterns every place matches. A code may be written as the patterns are, or in any other form.
    """
    if not patterns:
        return True
    code = (place or "").strip().upper()
    return len(code.split()) != 1 or any(fnmatchcase(*each) for each in product((code, as_code(code)), patterns))
