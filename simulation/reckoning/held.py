"""Checks that nothing goes on by itself which coordinators have held, refused, or not yet confirmed (A6, B3)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from simulation.night import Night
from simulation.world.cast import sharing
from simulation.world.story import Found


def check_held(_: Night, history: Sequence[Row[Any]]) -> Found:
    """B3: while a coordinator holds what comes next, no level of that tree opens by itself, nor one held or refused.

    What was due before is done before, though both are on record at one moment.
    """
    on_hold: dict[tuple[str, str | None, str | None], datetime] = {}
    for row in history:
        tree, level = row.payload.get("tree"), row.payload.get("level")
        rest, one = (row.chain, tree, None), (row.chain, tree, level)
        is_held = any(each in on_hold and on_hold[each] < row.at for each in (rest, one))
        match row.kind, row.payload:
            case ("hold_began", _):
                on_hold[rest] = row.at
            case ("hold_ended", _):
                on_hold.pop(rest, None)
            case ("level_opened", {"cause": "due" | "automatic"}) if is_held:
                yield "B3", f"{level} of {tree} has opened by itself at {row.at}, and is on hold"
            case ("decision", {"decision": "hold" | "refuse", "level": _}):
                on_hold[one] = row.at
            case ("decision" | "level_released" | "level_opened", {"level": _}):
                on_hold.pop(one, None)


def check_confirmed(night: Night, history: Sequence[Row[Any]]) -> Found:
    """A6: no level whose answers coordinators confirm is met by one that none of them has confirmed, or vouched for.

    In a tree, contacts with one telephone are one (B1), so whoever vouches for one vouches for the other.
    """
    trees = night.world.network.trees
    confirmed: set[tuple[str, str]] = set()
    for row in sorted(history, key=lambda row: row.written):
        match row.kind, row.payload:
            case ("decision", {"subject": "confirm", "decision": "go", "contact": contact}):
                confirmed.add((row.chain, contact))
            case ("acknowledged", {"via": "vouched", "contact": contact}):
                confirmed.add((row.chain, contact))
            case ("rule_met", {"tree": tree, "level": name}):
                named = trees[tree].level(name)
                asked = (*named.notify, "stand-in") if named and named.confirm else ()
                contacts = (trees[tree].contacts[each] for each in asked)
                told = [(row.chain, id) for each in contacts for id in sharing(trees.values(), each)]
                if told and confirmed.isdisjoint(told):
                    yield "A6", f"{name} of {tree} was met at {row.at} by an answer that no coordinator has confirmed"
