"""Which methods of a contact can be used at a moment: not failed ones, relayed ones, or those closed then."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cached_property

from alertnet.core.codec import value
from alertnet.core.directory.availability import Times
from alertnet.core.directory.contact import WRITTEN, Contact, Method, MethodKind, once_each

ADDRESSED = (MethodKind.SMS, MethodKind.CALL, MethodKind.EMAIL)
"""The kinds of method whose address is a number or a mailbox."""


def stale_key(contact: Contact, method: Method) -> str:
    """The key under which an address that is bad for one kind of method is remembered.

    A task's includes the contact.
    """
    address = f"{contact.id}:{method.address}" if method.kind is MethodKind.TASK else method.address
    return f"{method.kind}:{address}"


def renamed(key: str, contacts: Mapping[str, str]) -> str:
    """The key after contacts were given other ids; only that of a task contains one."""
    kind, _, address = key.partition(":")
    contact, _, words = address.partition(":")
    return f"{kind}:{contacts.get(contact, contact)}:{words}" if kind == MethodKind.TASK else key


def of_strangers(stale: Iterable[str]) -> frozenset[str]:
    """The addresses that are bad for every kind of method: they belong to somebody else."""
    known = {tuple(key.split(":", 1)) for key in stale}
    return frozenset(address for _, address in known if all((kind, address) in known for kind in ADDRESSED))


ALWAYS = Times()


@value
class Reach:
    """A contact with what is known of its times and addresses. A method is identified by its index in `all_methods`."""

    contact: Contact
    times: Times = ALWAYS
    relayed: tuple[str, ...] = ()
    """Addresses that relayed the news; they are not used again."""
    stale: tuple[str, ...] = ()
    """`method:address` of addresses that are invalid, opted out or somebody else's."""

    @cached_property
    def own(self) -> range:
        """The indexes of the methods that opening hours apply to."""
        return range(len(self.contact.methods))

    @cached_property
    def when_closed(self) -> range:
        """The indexes of the `when_closed` methods."""
        own = len(self.contact.methods)
        return range(own, own + len(self.contact.when_closed))

    def has_left(self, method_index: int) -> bool:
        """Whether the method is a former one."""
        return method_index >= len(self.contact.at_hand)

    def is_stale(self, method_index: int) -> bool:
        """Whether its address is bad for this method."""
        return stale_key(self.contact, self.contact.all_methods[method_index]) in self.stale

    def has_relayed(self, method_index: int) -> bool:
        """Whether its address relayed the news."""
        return self.contact.all_methods[method_index].address in self.relayed

    def is_usable(self, method_index: int) -> bool:
        """Whether the method is a present one, and its address is neither stale nor relayed."""
        if self.has_left(method_index):
            return False
        return not ((self.relayed and self.has_relayed(method_index)) or (self.stale and self.is_stale(method_index)))

    def closed_by(self, method_index: int, at: datetime) -> str | None:
        """What closes that method then. Mail and the `when_closed` methods are never closed."""
        is_open = method_index not in self.own or self.contact.all_methods[method_index].kind is MethodKind.EMAIL
        return None if is_open else self.times.closed_by(at)

    def at_any_hour(self, at: datetime, kinds: Collection[MethodKind]) -> list[Method]:
        """The methods of those kinds for urgent messages: its own, and those for when it is closed while it is."""
        methods = self.contact.methods + (self.contact.when_closed if self.times.closed_by(at) else ())
        return once_each(method for method in methods if method.kind in kinds)

    def for_a_notice(self, at: datetime) -> tuple[Method, datetime] | None:
        """The method for a message that can wait, and when it may leave: in quiet hours mail, else at their end."""
        written = [method_index for method_index in self.own if self.contact.all_methods[method_index].kind in WRITTEN]
        moments = {method_index: self.held_until(method_index, at) for method_index in written}
        method_index = min(written, key=moments.__getitem__, default=None)
        return None if method_index is None else (self.contact.all_methods[method_index], moments[method_index])

    def held_until(self, method_index: int, at: datetime) -> datetime:
        """When the method may be used if planned for then: quiet hours delay it to their end, but never mail."""
        if self.times.quiet is None or self.contact.all_methods[method_index].kind is MethodKind.EMAIL:
            return at
        return self.times.quiet_until(at) or at
