"""Which methods of a contact may be used at a moment: none that fails, has passed it on, or rings where nobody is."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property

from alertnet.core.codec import value
from alertnet.core.directory.availability import Times
from alertnet.core.directory.contact import WRITTEN, Contact, Method, MethodKind

ADDRESSED = (MethodKind.SMS, MethodKind.CALL, MethodKind.EMAIL)
"""The kinds of method whose address is a number or a mailbox."""


def stale_key(contact: Contact, method: Method) -> str:
    """How an address that is bad for one kind of method is remembered; the words of a task are no address."""
    address = f"{contact.id}:{method.address}" if method.kind is MethodKind.TASK else method.address
    return f"{method.kind}:{address}"


def renamed(key: str, contacts: Mapping[str, str]) -> str:
    """The key as it is once contacts go by other ids: that of a task names one."""
    kind, _, address = key.partition(":")
    contact, _, words = address.partition(":")
    return f"{kind}:{contacts.get(contact, contact)}:{words}" if kind == MethodKind.TASK else key


def of_strangers(stale: Iterable[str]) -> frozenset[str]:
    """The addresses that are bad for every kind of method: whoever has them is somebody else."""
    known = {tuple(key.split(":", 1)) for key in stale}
    return frozenset(address for _, address in known if all((kind, address) in known for kind in ADDRESSED))


ALWAYS = Times()


@value
class Reach:
    """A contact with what is known of its times and addresses. A method goes by its index in `all_methods`."""

    contact: Contact
    times: Times = ALWAYS
    relayed: tuple[str, ...] = ()
    """Addresses that passed it on: they are not used again."""
    stale: tuple[str, ...] = ()
    """`method:address` of those that are invalid, opted out or somebody else's."""

    @cached_property
    def own(self) -> range:
        """The indexes of the methods that hours close."""
        return range(len(self.contact.methods))

    @cached_property
    def when_closed(self) -> range:
        """The indexes of the `when_closed` methods."""
        own = len(self.contact.methods)
        return range(own, own + len(self.contact.when_closed))

    def has_left(self, method_index: int) -> bool:
        """Whether it was the contact's once, and is no more."""
        return method_index >= len(self.contact.at_hand)

    def is_stale(self, method_index: int) -> bool:
        """Whether its address is bad for it."""
        return stale_key(self.contact, self.contact.all_methods[method_index]) in self.stale

    def has_relayed(self, method_index: int) -> bool:
        """Whether its address passed it on."""
        return self.contact.all_methods[method_index].address in self.relayed

    def is_usable(self, method_index: int) -> bool:
        """Whether it is still the contact's, and its address is neither bad for it nor one that passed it on."""
        if self.has_left(method_index):
            return False
        return not ((self.relayed and self.has_relayed(method_index)) or (self.stale and self.is_stale(method_index)))

    def closed_by(self, method_index: int, at: datetime) -> str | None:
        """What closes that method then; mail and what is used while closed are never closed."""
        is_open = method_index not in self.own or self.contact.all_methods[method_index].kind is MethodKind.EMAIL
        return None if is_open else self.times.closed_by(at)

    def at_any_hour(self, at: datetime) -> tuple[Method, ...]:
        """The methods for what has to be said now: its own, and while it is closed those for that as well."""
        return self.contact.methods + (self.contact.when_closed if self.times.closed_by(at) else ())

    def for_a_notice(self, at: datetime) -> tuple[Method, datetime] | None:
        """The method for what can wait, and when it may leave: what disturbs nobody, else at the end of quiet hours."""
        written = [method_index for method_index in self.own if self.contact.all_methods[method_index].kind in WRITTEN]
        moments = {method_index: self.held_until(method_index, at) for method_index in written}
        method_index = min(written, key=moments.__getitem__, default=None)
        return None if method_index is None else (self.contact.all_methods[method_index], moments[method_index])

    def held_until(self, method_index: int, at: datetime) -> datetime:
        """When it may be used, if it is planned for then: at the end of quiet hours; mail is never held back."""
        if self.times.quiet is None or self.contact.all_methods[method_index].kind is MethodKind.EMAIL:
            return at
        return self.times.quiet_until(at) or at
