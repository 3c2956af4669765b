"""The picture of the route of one SMS is drawn from its text, and names modules that exist."""

import importlib.util

from tests.house.source import PROGRAM, ROOT

spec = importlib.util.spec_from_file_location("route", ROOT / "docs" / "route.py")
assert spec
assert spec.loader
route = importlib.util.module_from_spec(spec)
spec.loader.exec_module(route)
TEXT = (ROOT / "docs" / "route.txt").read_text()


def test_the_picture_is_drawn_from_the_text() -> None:
    """After a change: python docs/route.py."""
    assert (ROOT / "docs" / "route.svg").read_text() == route.draw(TEXT)


def test_every_module_on_the_route_exists() -> None:
    modules = [module for _, module, _ in route.steps(TEXT) if "/" in module]

    assert len(modules) > 10
    assert [module for module in modules if not (ROOT / PROGRAM / f"{module}.py").exists()] == []
