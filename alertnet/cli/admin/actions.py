"""Changes that commands make, each in one transaction and recorded on the system's timeline (A10)."""

from collections.abc import Iterable, Sequence

from alertnet.cli.arguments import BY
from alertnet.core.directory.contact_tree import Network
from alertnet.core.directory.on_call import STAFF
from alertnet.core.errors import BadInput
from alertnet.core.incident import CloseReason
from alertnet.flows.credentials import pins
from alertnet.flows.incidents import close_incident as closing
from alertnet.flows.unit.locked_incident import take_up_as_parts
from alertnet.store.db.tx import Tx
from alertnet.store.records import incidents, timeline
from alertnet.store.records.credentials import api_keys


def create_key(tx: Tx, team: str | None, scopes: Iterable[str]) -> str:
    """Create an API key and give its text; raises `BadInput` for no scope, or an unknown one."""
    granted = sorted(scopes)
    id, key = api_keys.create(tx, team, granted)
    timeline.note(tx, "key_created", key=id, team=team, scopes=granted, by=BY)
    return key


def close_incident(tx: Tx, ref: str, reason: CloseReason, text: str | None) -> bool:
    """Close an incident; False: it can't be read, and nobody is told. `WrongState`: closed, or part of another."""
    id = incidents.id_of(tx, ref)
    is_read = incidents.are_readable(tx.session, [id])
    locked = take_up_as_parts(tx, [id], in_outline=not is_read)[id]
    closing.close_incident(locked, reason, named=ref, text=text, by=BY, in_silence=not is_read)
    locked.finish()
    return is_read


def check_team(network: Network, team: str) -> None:
    """Refuse (`BadInput`) a field team that the network does not have."""
    if team not in network.teams:
        raise BadInput("--team", team, sorted(network.teams) or "nothing: teams.yaml has no team")


def check_owner(network: Network, owner: str) -> None:
    """Refuse (`BadInput`) what is no TEAM/MEMBER, `staff/NAME` or TREE/CONTACT of the network."""
    group, _, name = owner.partition("/")
    members = network.teams[group].members if group in network.teams else network.staff if group == STAFF else {}
    contacts = network.trees[group].contacts if group in network.trees else {}
    if name not in {*members, *contacts}:
        near = [f"{group}/{each}" for each in (*members, *contacts)]
        raise BadInput("OWNER", owner, near or [f"{each}/…" for each in (*network.teams, STAFF, *network.trees)])


def set_pins(tx: Tx, owner: str, pin: str | None, duress: str | None, one_time: Sequence[str] = ()) -> None:
    """Replace the PINs that are given; the others stay. Raises `BadInput` for a wrong form, or one of two purposes."""
    pins.set_pins(tx, owner, pin, duress, one_time)
    kinds = [kind for kind, given in (("pin", pin), ("duress", duress), ("one_time", one_time)) if given]
    timeline.note(tx, "pins_set", owner=owner, kinds=kinds, by=BY)


def without_pin(tx: Tx, network: Network) -> list[str]:
    """Coordinators (TREE/CONTACT) without a PIN, who therefore can't read what people write."""
    owners = [f"{tree.id}/{each.id}" for tree in network.in_order for each in tree.coordinators]
    return [owner for owner in owners if not pins.has_pin(tx, owner)]
