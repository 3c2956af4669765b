"""Goes through an alarm and its next level, undone at once, so that what is made at its first use is made by then."""

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


def warm_up(tx: Tx, edition: Edition) -> None:
    """Open an incident on the smallest tree in force, claim, record, let its next level fall due, and undo it all."""
    trees = sorted(edition.network.trees.values(), key=lambda tree: len(tree.contacts))
    for tree in trees[:1]:
        facts = Facts("arrest", Severity.CRITICAL, max(tree.countries), consent=Scope.PUBLIC)
        with on_trial(tx) as trial:
            opened = open_incident(trial, edition, facts, by="warm-up")
            outward = Outward([ProviderLine(FIRST, ("",), 0, len(opened.escalations))])
            claimed = claim(trial, MethodKind.SMS, outward).claimed
            record_each(trial, [SendOutcome(each.id, each.lease, Accepted(each.id)) for each in claimed])
            for each in opened.escalations:
                later = replace(trial, now=each.due_at or tx.now)
                escalate_due(later, most=0)
                escalate(later, each.id, opened.incident.id)
