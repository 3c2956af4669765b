"""Keeps the provider's SDK from loading the resources of an account that are never used here.

For any one of them it imports all 83, which takes 6 MB and a twentieth of a second.
"""

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_RESOURCES = "twilio.rest.api.v2010.account."
USED = frozenset({"call", "message", "recording"})


class Unused:
    """Stands in for each class of such a resource."""

    def __init__(self, *_: object, **__: object) -> None:
        raise NotImplementedError(f"of the SDK only {', '.join(sorted(USED))} are loaded")


class _UnusedResources(MetaPathFinder, Loader):
    """Finds an empty module in place of each resource that is not used."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        resource = fullname.removeprefix(_RESOURCES)
        return ModuleSpec(fullname, self) if resource not in {fullname, *USED} else None

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["__getattr__"] = _any_class


def _any_class(name: str) -> type:
    if name.startswith("__"):
        raise AttributeError(name)
    return Unused


def leave_out_what_is_not_used() -> None:
    """From now on; what is loaded already stays."""
    sys.meta_path.insert(0, _UnusedResources())
