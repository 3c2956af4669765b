"""The errors that the program raises, by whose turn it is.

AlertnetError
├── BadInput      a value from outside is not allowed: says which, and what is   (422, exit code 2)
├── Unknown       no such incident, tree, contact, …                             (404, exit code 2)
│   └── Purged    there was such an incident; what it held is gone               (410, exit code 2)
├── WrongState    the thing exists but is past this, with its current state      (409, exit code 2)
├── Forbidden     the key or number may not do this                              (403)
├── TooMany       a limit has no room: says from when on there is                (429, exit code 2)
└── Misconfigured settings, trees or templates can't be used: all faults at once (exit code 2)
Inconsistent      what is kept, or about to be, can't be: a fault of ours, its row is put aside (A11)
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import ceil


class AlertnetError(Exception):
    """Any error of ours; its text is fit to be shown to whoever asked."""

    exit_code = 2

    @property
    def for_operator(self) -> str:
        """What whoever runs the program is told, who may know more."""
        return str(self)


class BadInput(AlertnetError):
    """A value from outside that is not allowed.

    `field` is a path such as `people.0.nationality`, `allowed` the values or the form that would have done.
    """

    def __init__(self, field: str, value: object, allowed: Iterable[str] | str) -> None:
        self.field = field
        self.value = value
        self.allowed = (allowed,) if isinstance(allowed, str) else tuple(allowed)
        fault = "missing" if value is None else f"{value!r} is not allowed"
        super().__init__(f"{field}: {fault} (allowed: {', '.join(self.allowed)})")


class Unknown(AlertnetError):
    """Nothing of that kind goes by that name."""

    def __init__(self, kind: str, name: str) -> None:
        self.kind = kind
        self.name = name
        super().__init__(f"no {kind} {name!r}")


class Purged(Unknown):
    """An incident of that reference was closed long ago, and what it held was erased."""

    def __init__(self, ref: str, at: datetime) -> None:
        super().__init__("incident", ref)
        self.args = (f"incident {ref} was purged on {at:%Y-%m-%d}: what it held is erased, and can't come back",)


class WrongState(AlertnetError):
    """What was asked is not possible in the current state of the thing."""

    def __init__(self, thing: str, current: str, wanted: str) -> None:
        self.thing = thing
        self.current = current
        super().__init__(f"{thing} is {current}: {wanted}")


class Forbidden(AlertnetError):
    """Whoever asks is known, but not allowed to do this."""


class TooMany(AlertnetError):
    """What was asked came too often. `retry_after`: until there is room again."""

    def __init__(self, thing: str, retry_after: timedelta) -> None:
        self.retry_after = retry_after
        super().__init__(f"too many {thing}: try again in {ceil(retry_after / timedelta(minutes=1))} minutes")


class Misconfigured(AlertnetError):
    """Settings, trees or templates that can't be used; every fault is listed, not only the first."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class Inconsistent(Exception):
    """A value that is kept, or about to be, and that can't be: nobody who asks can mend that.

    `field` is a path within the thing, `allowed` what it could have been. Its text is written down: no names or
    numbers of people in it.
    """

    def __init__(self, thing: str, id: str, field: str, value: object, allowed: str) -> None:
        self.thing = thing
        self.id = id
        self.field = field
        self.value = value
        self.allowed = allowed
        super().__init__(f"{thing} {id}: {field} is {value!r} (allowed: {allowed})")


def put_down(fault: Exception) -> str:
    """What is written down of a fault: what can't be in full, of all else only its name, which gives nothing away."""
    return str(fault) if isinstance(fault, Inconsistent) else type(fault).__name__


Rule = bool | tuple[str, object, str]
"""True where it holds; else of which field it doesn't, what that is, and what is allowed."""

MOMENT = "a moment with its zone, 1970 to 2199"
COUNT = "0 or more"


def must_hold(thing: str, where: tuple[object, ...], rules: tuple[Rule, ...]) -> None:
    """Refuse the value of which a rule doesn't hold; `where` begins with the id of the thing.

    Raises:
        Inconsistent: the first of them does not.
    """
    if rules.count(True) == len(rules):
        return
    for rule in rules:
        if isinstance(rule, tuple):
            field, value, allowed = rule
            id, *path = map(str, where)
            raise Inconsistent(thing, id, ".".join((*path, field)), value, allowed)


def is_moment(value: object) -> bool:
    """Whether that can be a moment of ours: with its zone, and neither long before us nor long after."""
    return isinstance(value, datetime) and value.tzinfo is not None and 1970 <= value.year < 2200
