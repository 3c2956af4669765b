"""Which provider takes a message: chosen by the country of its number, in the order in which they are tried."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field

from alertnet.core.codec import value
from alertnet.core.directory.contact import MethodKind

FIRST, SECOND = "1", "2"
PROVIDERS = (FIRST, SECOND)
"""The telephone accounts and mail relays that the settings may name."""

Route = tuple[MethodKind, str]
"""A method by one provider: what breaks, and comes back, as a whole."""


def route_name(route: Route) -> str:
    """The name of a route: `sms` for the first provider, `sms/2` for the second one."""
    method, provider = route
    return method.value if provider == FIRST else f"{method.value}/{provider}"


def leaves_nobody(paused: Collection[Route], known: Collection[Route]) -> bool:
    """Whether, of the known routes, none is left by which somebody is texted or called: mail wakes nobody."""
    return all(each in paused for each in known if each[0] is not MethodKind.EMAIL)


ANY_NUMBER = ""
MAIL = "mail"


@value
class Routing:
    """The providers for each prefix of numbers, such as `+57`, for `ANY_NUMBER` and for `MAIL`, in the order to try."""

    orders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def order(self, method: MethodKind, address: str, present: Sequence[str] = PROVIDERS) -> tuple[str, ...]:
        """The providers for that address, of those that are present: the longest prefix counts.

        Where none of them is, it is all that are: an alert is never without a way because of its country.
        """
        prefixes = (MAIL,) if method is MethodKind.EMAIL else self._prefixes_of(address)
        found = next((self.orders[prefix] for prefix in prefixes if prefix in self.orders), PROVIDERS)
        return tuple(provider for provider in found if provider in present) or tuple(present)

    def orders_of(self, method: MethodKind, present: Sequence[str] = PROVIDERS) -> set[tuple[str, ...]]:
        """Every order that there is for addresses of that method."""
        prefixes = [ANY_NUMBER, *(prefix for prefix in self.orders if prefix not in (ANY_NUMBER, MAIL))]
        return {self.order(method, prefix, present) for prefix in prefixes}

    def _prefixes_of(self, number: str) -> tuple[str, ...]:
        return tuple(number[:length] for length in range(len(number), -1, -1)) if self.orders else ()


IN_ORDER = Routing()
"""All that there are, the first one first."""
