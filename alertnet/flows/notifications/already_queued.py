"""Whether a message like the one to be sent waits already: while a provider is away, nobody's pile up (A7)."""

from alertnet.core.directory.contact import Method
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.queues import incident_attempts


def prompt_waits(locked: LockedIncident, method: Method, prompt: str) -> bool:
    """Whether that prompt, raised or repeated earlier, has not left for that method."""
    indexes = locked.tx.vault.indexes(method.address)
    return incident_attempts.prompt_waits(locked.tx.session, locked.incident.id, method.kind, indexes, prompt)
