"""Checks that what coordinators have held or refused does not open by itself (B3)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from simulation.night import Night
from simulation.world.story import Found


def check_held(_: Night, history: Sequence[Row[Any]]) -> Found:
    """B3: while a coordinator holds what comes next, no level of that tree opens by itself, nor one held or refused."""
    on_hold: set[tuple[str, str | None, str | None]] = set()
    for row in history:
        tree, level = row.payload.get("tree"), row.payload.get("level")
        rest, one = (row.chain, tree, None), (row.chain, tree, level)
        match row.kind, row.payload:
            case ("hold_began", _):
                on_hold.add(rest)
            case ("hold_ended", _):
                on_hold.discard(rest)
            case ("level_opened", {"cause": "due" | "automatic"}) if on_hold & {rest, one}:
                yield "B3", f"{level} of {tree} has opened by itself at {row.at}, and is on hold"
            case ("decision", {"decision": "hold" | "refuse", "level": _}):
                on_hold.add(one)
            case ("decision" | "level_released" | "level_opened", {"level": _}):
                on_hold.discard(one)
