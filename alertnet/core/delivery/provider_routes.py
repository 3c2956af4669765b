"""Which provider takes a message, and which of our numbers it comes from, by the country of the recipient's number."""

import re
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


_COUNTRY_CODE = re.compile(r"\+(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3})")


def nearest(numbers: Sequence[str], address: str) -> str:
    """The first of our numbers that has the country code of the address, else the first.

    Not every number may text abroad, and not every phone can answer one of another country.
    """
    code = _COUNTRY_CODE.match(address)
    return next((number for number in numbers if code and number.startswith(code[0])), numbers[0])


IN_ORDER = Routing()
"""All providers, the first one first."""
