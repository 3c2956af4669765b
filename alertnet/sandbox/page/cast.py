"""Who is on the page and where: the field, and the circles of those who protect it, level by level."""

from collections.abc import Iterator
from functools import cached_property

from alertnet.core.codec import value


@value
class Party:
    """Somebody with telephones and mailboxes; `key` is a plain word, unique on the page."""

    key: str
    title: str
    subtitle: str
    role: str
    """`field`, or the role of a contact; the page has a sign for each."""
    phones: tuple[str, ...]
    """E.164."""
    mailboxes: tuple[str, ...] = ()


@value
class Ring:
    """One level: who is told at the same time."""

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
    """Everybody, each once."""

    field: tuple[Party, ...]
    circles: tuple[Circle, ...]

    @property
    def protectors(self) -> Iterator[Party]:
        """Those who are not in the field."""
        return (party for circle in self.circles for ring in circle.rings for party in ring.parties)

    @cached_property
    def by_address(self) -> dict[str, Party]:
        """Who is reached at each number and mail address."""
        parties = (*self.field, *self.protectors)
        return {address: party for party in parties for address in (*party.phones, *party.mailboxes)}
