"""The metrics: each counter and histogram with its labels, which have few values."""

from bisect import bisect_left
from collections.abc import Mapping

from alertnet.core.codec import value

SUM = "sum"


@value
class Series:
    """A counter, or a histogram if it has `bounds` (seconds, ascending)."""

    name: str
    help: str
    labels: tuple[str, ...]
    bounds: tuple[float, ...] = ()


Key = tuple[str, tuple[str, ...]]
"""A series by name with a value for each label; a histogram has a bound, `+Inf` or `sum` as the last value."""
Counts = Mapping[Key, float]

SENDS = Series("alertnet_sends", "Attempts handed to a provider.", ("method", "provider", "result"))
WEBHOOKS = Series("alertnet_webhooks", "Requests of the provider, by what they were answered.", ("webhook", "status"))
REFUSALS = Series("alertnet_refusals", "Requests that were turned away.", ("door", "status"))
WRONG_KEYS = Series("alertnet_wrong_keys", "Requests with a wrong API key.", ())
DROPPED = Series("alertnet_requests_dropped", "Requests that a limit of the API turned away.", ("limit",))
ANSWERS = Series("alertnet_acknowledgements", "Answers that were recorded.", ("kind", "via"))
FIRST_SEND = Series(
    "alertnet_report_to_first_send_seconds",
    "From an incident's opening until its first alert was taken up to be sent.",
    (),
    (0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 900),
)
DUE_TO_SENT = Series(
    "alertnet_due_to_sent_seconds",
    "From when an attempt was due until its provider had answered.",
    ("method",),
    (0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 900),
)
ALL = (SENDS, WEBHOOKS, REFUSALS, WRONG_KEYS, DROPPED, ANSWERS, FIRST_SEND, DUE_TO_SENT)


def once(series: Series, *values: str) -> dict[Key, float]:
    """The counts that add one."""
    return {(series.name, values): 1.0}


def took(series: Series, seconds: float, *values: str) -> dict[Key, float]:
    """The counts that add one duration to a histogram."""
    at = bisect_left(series.bounds, max(seconds, 0.0))
    bound = str(series.bounds[at]) if at < len(series.bounds) else "+Inf"
    return {(series.name, (*values, bound)): 1.0, (series.name, (*values, SUM)): max(seconds, 0.0)}
