"""The people on the page and their places: the field, and the circles of contacts, level by level."""

from collections.abc import Iterator
from functools import cached_property

from alertnet.core.codec import value


@value
class Party:
    """Somebody with phones and mailboxes; `key` is a plain word, unique on the page."""

    key: str
    title: str
    subtitle: str
    role: str
    """`field`, or the role of a contact; the page has an icon for each."""
    phones: tuple[str, ...]
    """Phone numbers in E.164."""
    mailboxes: tuple[str, ...] = ()


@value
class Ring:
    """One level: contacts who are told at the same time."""

    key: str
    title: str
    parties: tuple[Party, ...]


@value
class Circle:
    """One contact tree."""

    key: str
    title: str
    rings: tuple[Ring, ...]


@value
class Cast:
    """Everybody on the page, each once."""

    field: tuple[Party, ...]
    circles: tuple[Circle, ...]

    @property
    def protectors(self) -> Iterator[Party]:
        """Everybody who is not in the field."""
        return (party for circle in self.circles for ring in circle.rings for party in ring.parties)

    @cached_property
    def by_address(self) -> dict[str, Party]:
        """Who is reached at each number and mail address."""
        parties = (*self.field, *self.protectors)
        return {address: party for party in parties for address in (*party.phones, *party.mailboxes)}
