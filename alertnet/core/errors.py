"""What can go wrong and whose turn it is, drawn once.

AlertnetError
├── BadInput      a value from outside is not allowed: says which, and what is   (422, exit code 2)
├── Unknown       no such incident, tree, contact, …                             (404, exit code 2)
├── WrongState    the thing exists but is past this, with its current state      (409, exit code 2)
├── Forbidden     the key or number may not do this                              (403)
└── Misconfigured settings, trees or templates can't be used: all faults at once (exit code 2)
"""

from collections.abc import Iterable


class AlertnetError(Exception):
    """The root: its text is fit to be shown to whoever asked."""

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


class WrongState(AlertnetError):
    """The thing is there, but what was asked is not possible in its current state."""

    def __init__(self, thing: str, current: str, wanted: str) -> None:
        self.thing = thing
        self.current = current
        super().__init__(f"{thing} is {current}: {wanted}")


class Forbidden(AlertnetError):
    """Known, but not allowed to do this."""


class Misconfigured(AlertnetError):
    """Settings, trees or templates that can't be used; every fault is listed, not only the first."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))
