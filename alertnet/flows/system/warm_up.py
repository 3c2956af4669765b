"""Goes through an alarm and its next level, undone at once, so that what is made at its first use is made by then."""

from datetime import timedelta

from alertnet.channels.base import Accepted
from alertnet.core.codec import replace
from alertnet.core.delivery.provider_routes import FIRST
from alertnet.core.directory.contact import MethodKind
from alertnet.core.incident import Facts, Scope, Severity
from alertnet.flows.escalation.escalate import escalate, escalate_due
from alertnet.flows.incidents.open_incident import open_incident
from alertnet.flows.sending.claim_sends import claim
from alertnet.flows.sending.record_outcome import SendOutcome, record_each
from alertnet.flows.sending.send_capacity import Outward, ProviderLine
from alertnet.store.db.tx import Tx, on_trial
from alertnet.store.records.editions import Edition

LONG_BEFORE = timedelta(weeks=4)
"""What really waits is not due yet at that moment, so that none of it is claimed, nor locked before others who want it.

Hours and days of the week are those of now.
"""
MOST_CONTACTS = 200
"""Where more would be planned for, a real alarm would wait for that."""


def warm_up(tx: Tx, edition: Edition) -> None:
    """Open an incident where the fewest are told, claim, record, let its next level fall due, and undo it all."""
    network = edition.network
    countries = sorted({country for tree in network.in_order for country in tree.countries}, reverse=True)
    planned_for = {each: sum(len(tree.contacts) for tree in network.serving(each)) for each in countries}
    country = min(planned_for, key=planned_for.__getitem__, default=None)
    if country is None or planned_for[country] > MOST_CONTACTS:
        return
    with on_trial(replace(tx, now=tx.now - LONG_BEFORE)) as trial:
        facts = Facts("arrest", Severity.CRITICAL, country, consent=Scope.PUBLIC)
        opened = open_incident(trial, edition, facts, by="warm-up")
        outward = Outward([ProviderLine(FIRST, ("",), 0, len(opened.escalations))])
        claimed = claim(trial, MethodKind.SMS, outward).claimed
        record_each(trial, [SendOutcome(each.id, each.lease, Accepted(each.id)) for each in claimed])
        for each in opened.escalations:
            later = replace(trial, now=each.due_at or trial.now)
            escalate_due(later, most=0)
            escalate(later, each.id, opened.incident.id)
