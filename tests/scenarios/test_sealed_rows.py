"""What the database holds of people is sealed: whoever has no key reads no number, place or word in it (A9)."""

from typing import Any

from sqlalchemy import select

from alertnet.store.db.tx import Tx
from alertnet.store.tables import escalations, metadata
from tests.scenarios.world import CAST, World, code_in


def in_clear(world: World, *secrets: str) -> set[str]:
    """The columns that hold one of these texts as the driver reads them."""
    found = set()
    with world.runtime.engine.connect() as connection:
        for table in metadata.sorted_tables:
            for row in connection.exec_driver_sql(f'SELECT * FROM "{table.name}"').mappings():
                for column, value in row.items():
                    said = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                    if any(each.encode() in said for each in secrets):
                        found.add(f"{table.name}.{column}")
    return found


def states(world: World) -> list[Any]:
    def read(tx: Tx) -> list[Any]:
        return list(tx.session.scalars(select(escalations.c.state)))

    return world.runtime.read(read)


def test_no_number_place_or_word_of_an_incident_stands_in_the_database_in_clear(world: World) -> None:
    """Neither of the field nor of who is told, not even of a phone that passed it on and is used no more."""
    world.texts("ana", "SOS 20 L12 P7 C2 they took her at Puente Secreto")
    code = code_in(world.phone("coordinator").inbox[0])
    world.passes(minutes=2)
    world.texts("coordinator", f"PASS {code}")
    world.passes(minutes=30)

    assert in_clear(world, "Secreto", *CAST.values()) == set()
    assert any(CAST["coordinator"] in str(state) for state in states(world))
    assert in_clear(world, world.newest().ref) != set()
