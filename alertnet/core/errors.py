"""The errors that the program raises, by who can do something about them.

AlertnetError
├── BadInput      a value from outside is not allowed: says which, and what is   (422, exit code 2)
├── Unknown       no such incident, tree, contact, …                             (404, exit code 2)
│   └── Purged    there was such an incident; its content is erased              (410, exit code 2)
├── WrongState    the thing exists, but its state, which is named, rules it out  (409, exit code 2)
├── Forbidden     the key or number may not do this                              (403)
├── TooMany       a limit is reached: says when there is room again              (429, exit code 2)
└── Misconfigured settings, trees or templates can't be used: all faults at once (exit code 2)
Inconsistent      a stored value, or one about to be stored, is impossible: our fault, its row is put aside (A11)
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import ceil


class AlertnetError(Exception):
    """The base of our errors; its text may be shown to whoever asked."""

    exit_code = 2

    @property
    def for_operator(self) -> str:
        """The text for whoever runs the program, who may know more."""
        return str(self)


class BadInput(AlertnetError):
    """A value from outside that is not allowed.

    `field`: a path such as `people.0.nationality`; `allowed`: the values or the form that are allowed.
    """

    def __init__(self, field: str, value: object, allowed: Iterable[str] | str) -> None:
        self.field = field
        self.value = value
        self.allowed = (allowed,) if isinstance(allowed, str) else tuple(allowed)
        fault = "missing" if value is None else f"{value!r} is not allowed"
        super().__init__(f"{field}: {fault} (allowed: {', '.join(self.allowed)})")


class Unknown(AlertnetError):
    """Nothing of that kind has that name. `known`: the names that there are, where they are few."""

    def __init__(self, kind: str, name: str, known: Iterable[str] = ()) -> None:
        self.kind = kind
        self.name = name
        there = ", ".join(known)
        super().__init__(f"no {kind} {name!r}" + (f" (known: {there})" if there else ""))


class Purged(Unknown):
    """An incident with that reference was closed long ago, and its content was erased."""

    def __init__(self, ref: str, at: datetime) -> None:
        super().__init__("incident", ref)
        self.args = (f"incident {ref} was purged on {at:%Y-%m-%d}: what it held is erased, and can't come back",)


class WrongState(AlertnetError):
    """The request is not possible in the thing's current state."""

    def __init__(self, thing: str, current: str, wanted: str) -> None:
        self.thing = thing
        self.current = current
        super().__init__(f"{thing} is {current}: {wanted}")


class Forbidden(AlertnetError):
    """The caller is known, but may not do this."""


class TooMany(AlertnetError):
    """A request came too often. `retry_after`: how long until there is room again."""

    def __init__(self, thing: str, retry_after: timedelta) -> None:
        self.retry_after = retry_after
        super().__init__(f"too many {thing}: try again in {ceil(retry_after / timedelta(minutes=1))} minutes")


class Misconfigured(AlertnetError):
    """Settings, trees or templates that can't be used; all faults are listed."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class Inconsistent(Exception):
    """A stored value, or one about to be stored, is impossible; nobody who asks can mend that.

    `field`: a path within the thing; `allowed`: what it could have been. The text is logged, so it must hold no names
    or numbers of people.
    """

    def __init__(self, thing: str, id: str, field: str, value: object, allowed: str) -> None:
        self.thing = thing
        self.id = id
        self.field = field
        self.value = value
        self.allowed = allowed
        super().__init__(f"{thing} {id}: {field} is {value!r} (allowed: {allowed})")


def put_down(fault: Exception) -> str:
    """The text to log for a fault: in full for `Inconsistent`, else only the class's name, which reveals nothing."""
    return str(fault) if isinstance(fault, Inconsistent) else type(fault).__name__


Rule = bool | tuple[str, object, str]
"""True where the rule holds; else the field that breaks it, its value, and what is allowed."""

MOMENT = "a moment with its zone, 1970 to 2199"
COUNT = "0 or more"


def must_hold(thing: str, where: tuple[object, ...], rules: tuple[Rule, ...]) -> None:
    """Refuse (`Inconsistent`) a value that breaks a rule. `where`: the thing's id, then the path to the value."""
    if rules.count(True) == len(rules):
        return
    for rule in rules:
        if isinstance(rule, tuple):
            field, value, allowed = rule
            id, *path = map(str, where)
            raise Inconsistent(thing, id, ".".join((*path, field)), value, allowed)


def is_moment(value: object) -> bool:
    """Whether a value is a plausible moment: with a time zone, between 1970 and 2199."""
    return isinstance(value, datetime) and value.tzinfo is not None and 1970 <= value.year < 2200
