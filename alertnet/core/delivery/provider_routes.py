"""Which provider takes a message, by the country of its number, and in which order providers are tried."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field

from alertnet.core.codec import value
from alertnet.core.directory.contact import MethodKind

FIRST, SECOND = "1", "2"
PROVIDERS = (FIRST, SECOND)
"""The telephone accounts and mail relays that the settings can name."""

Route = tuple[MethodKind, str]
"""A method by one provider; it fails and recovers as a whole."""


def route_name(route: Route) -> str:
    """The name of a route: `sms` for the first provider, `sms/2` for the second."""
    method, provider = route
    return method.value if provider == FIRST else f"{method.value}/{provider}"


def leaves_nobody(paused: Collection[Route], known: Collection[Route]) -> bool:
    """Whether the pauses leave no known route to text or call anybody; mail does not count, since it wakes nobody."""
    return all(each in paused for each in known if each[0] is not MethodKind.EMAIL)


ANY_NUMBER = ""
MAIL = "mail"


@value
class Routing:
    """The order of providers for each number prefix such as `+57`, for `ANY_NUMBER` and for `MAIL`."""

    orders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def order(self, method: MethodKind, address: str, present: Sequence[str] = PROVIDERS) -> tuple[str, ...]:
        """The providers to try for that address, among those present; the longest prefix counts.

        Where none of its providers is present, all present ones are used: an alert always has a way.
        """
        prefixes = (MAIL,) if method is MethodKind.EMAIL else self._prefixes_of(address)
        found = next((self.orders[prefix] for prefix in prefixes if prefix in self.orders), PROVIDERS)
        return tuple(provider for provider in found if provider in present) or tuple(present)

    def orders_of(self, method: MethodKind, present: Sequence[str]) -> set[tuple[str, ...]]:
        prefixes = [ANY_NUMBER, *(prefix for prefix in self.orders if prefix not in (ANY_NUMBER, MAIL))]
        return {self.order(method, prefix, present) for prefix in prefixes}

    def _prefixes_of(self, number: str) -> tuple[str, ...]:
        return tuple(number[:length] for length in range(len(number), -1, -1)) if self.orders else ()


IN_ORDER = Routing()
"""All providers, the first one first."""
