"""The simulator finds bugs that were put in on purpose: a copy of the program with one of them breaks its promise."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.house.source import ROOT

NIGHTS = 250
"""How many are searched where the one that is known to find a bug no longer does."""

COPIED = ("alertnet", "simulation", "migrations", "message_templates")


@dataclass(frozen=True)
class Mutant:
    """A bug: the promises it breaks, a night that finds it, and in which file what text becomes which other."""

    promises: str
    night: int
    file: str
    text: str
    becomes: str = ""
    wants: tuple[str, ...] = ()
    """Of what comes in some nights, what it takes: it comes in that night, and in all that are searched."""


MUTANTS = {
    "a worker beats by the clock of before it was set back": Mutant(
        "A7",
        2393,
        "alertnet/worker/self_monitoring.py",
        """        runtime.measure_clock()
        runtime.transact(worker_store.beat, worker)
""",
        """        runtime.transact(worker_store.beat, worker)
        runtime.measure_clock()
""",
    ),
    "a heartbeat leaves by what was seen before the process stood still": Mutant(
        "A12",
        5,
        "alertnet/flows/system/self_monitoring.py",
        "may_beat(replace(seen, now=tx.now), found)",
        "may_beat(seen, found)",
        wants=("watch", "frozen turn"),
    ),
    "the same request has its effect a second time": Mutant(
        "A1",
        7,
        "alertnet/flows/unit/idempotent_request.py",
        "    if not idempotency.keep(tx, once, incident, answer):\n",
        "    if False:\n",
    ),
    "a text that comes twice is heard twice": Mutant(
        "A1 A12",
        1,
        "alertnet/flows/sms/receive_sms.py",
        "    if not inbound.receive(tx, sms):\n        return inbound.reply_to(tx.session, sms.provider_id)\n",
        "    inbound.receive(tx, sms)\n",
    ),
    "whoever writes while the database is away is told that we have it": Mutant(
        "A1",
        196,
        "alertnet/web/twilio/webhooks.py",
        "    reply = runtime.transact(receive_sms, runtime.edition, sms)\n",
        """
    from alertnet.runtime.database.transactions import DatabaseAway

    try:
        reply = runtime.transact(receive_sms, runtime.edition, sms)
    except DatabaseAway:
        reply = None
""",
    ),
    "what a contact answers to a mail that only the lost database knew is read by nobody": Mutant(
        "A12",
        118,
        "alertnet/flows/mail/receive_mail.py",
        "    if is_about_none and mail.sender",
        "    if sent is not None and is_about_none and mail.sender",
    ),
    "after a restore a journey is missed before what came in meanwhile is read": Mutant(
        "B4",
        24,
        "alertnet/store/monitoring/last_activity.py",
        "(escalations, alarms, journeys, inbound)",
        "(escalations, alarms, inbound)",
        wants=("loss", "traveller"),
    ),
    "what waited in a copy of the database that was lost is sent again": Mutant(
        "A5",
        19,
        "alertnet/worker/startup_recovery.py",
        "            _apart(runtime, restored_backup.mark_unknown, id, declared.taken_at)\n",
        "            pass\n",
        wants=("loss",),
    ),
    "a worker that finds such a copy asks what has left since its own start": Mutant(
        "A12",
        103,
        "alertnet/worker/startup_recovery.py",
        "            self._declare(last)\n",
        "            self._declare()\n",
    ),
    "a lease is never taken back": Mutant(
        "A2 A5",
        3,
        "alertnet/worker/due_work.py",
        '                *(_job(runtime, "attempts", id, expire_lease, id) for id in leases),\n',
    ),
    "what nobody wants any more rings on": Mutant(
        "A4",
        1,
        "alertnet/flows/notifications/cancel_messages.py",
        "        locked.tx.hang_up(attempt.provider_id)\n",
    ),
    "whatever is keyed in a call to us takes charge": Mutant(
        "A6",
        68,
        "alertnet/flows/voice/incoming_call.py",
        "if code is not None and (recipient := _answering(tx, call, code)) is not None:",
        "if caller.codes and (recipient := _answering(tx, call, code := code or caller.codes[-1])) is not None:",
    ),
    "a code takes charge in a call to us without the PIN behind it": Mutant(
        "A6",
        3,
        "alertnet/flows/voice/incoming_call.py",
        "            if needs_pin(recipient):",
        "            if False:",
        wants=("a call to us", "proves a call to us"),
    ),
    "nobody hears of a contact who called and keyed nothing": Mutant(
        "A12",
        7,
        "alertnet/flows/voice/incoming_call.py",
        "        _prompt(tx, call, caller, Subject.INBOUND_CALL, engaged=",
        "        dict(engaged=",
        wants=("a call to us",),
    ),
    "a journey is awaited on another day than was written": Mutant(
        "B4",
        1,
        "alertnet/core/inbound/on_the_road/day_words.py",
        "today + timedelta(days=ahead) for ahead",
        "today + timedelta(days=7 + ahead) for ahead",
    ),
    "what a member has told is deleted at the provider before it is kept": Mutant(
        "A12",
        13,
        "alertnet/worker/recordings.py",
        "            runtime.transact(keep_recording, recording.id, sound)\n",
        "            books.delete(recording.id)\n            runtime.transact(keep_recording, recording.id, sound)\n",
    ),
    "what a member has told stays with the provider": Mutant(
        "A9",
        13,
        "alertnet/worker/recordings.py",
        "if books is not None and recording.is_over and books.delete(recording.id):",
        "if recording.is_over:",
    ),
    "a purge that was cut short is ended by nobody": Mutant(
        "A10", 9, "alertnet/store/erasure.py", "is_old | _IS_BEGUN)", "is_old)", wants=("purge",)
    ),
    "numbers that turned out to be dead outlive the purge": Mutant(
        "A10", 41, "alertnet/store/erasure.py", "    forget_addresses(tx.session, every_id)\n"
    ),
    "a stranger who has said so goes on hearing of it": Mutant(
        "A9",
        13,
        "alertnet/flows/unit/locked_incident.py",
        "return of_strangers(self.stale)",
        "return of_strangers(())",
        wants=("recycled number",),
    ),
    "a number that refuses our SMS is used again": Mutant(
        "B3",
        269,
        "alertnet/core/notification.py",
        "return (method,) if self in (Failure.INVALID, Failure.OPTED_OUT) else ()",
        "return (method,) if self is Failure.INVALID else ()",
    ),
    "an answer that was taken back goes on resting the alarm": Mutant(
        "A6",
        26,
        "alertnet/flows/escalation/record_response.py",
        "    move(locked, events_of(giver, *taken_back(given, left)))\n",
    ),
    "a code counts in the mail of whoever has it": Mutant(
        "A6",
        65,
        "alertnet/flows/mail/receive_mail.py",
        "    return next((each for each, is_good in known.items() if is_good and each.lower() == address), None)\n",
        "    return next((each for each, is_good in known.items() if is_good), None)\n",
    ),
    "what is answered by mail without a code is read by nobody": Mutant(
        "A12", 71, "alertnet/flows/mail/receive_mail.py", "    keep_text(writer, text)\n    tell =", "    tell ="
    ),
    "a mail that came back as undelivered counts as sent": Mutant(
        "B3",
        65,
        "alertnet/flows/mail/receive_mail.py",
        "            attempt.apply_status(provider_id, AttemptStatus.FAILED, failure, status)\n",
        "            pass\n",
    ),
    "a drill begins beside what is real and critical": Mutant(
        "B5", 3, "alertnet/flows/incidents/drills.py", "why = _why_not(tx, drill) or _begin(", "why = _begin("
    ),
    "a drill alerts who has not agreed to take part": Mutant(
        "A3",
        19,
        "alertnet/core/resolution/resolve.py",
        "(Reason.DRILL if facts.drill and not tree.exercises(contact) else None)",
        "None",
    ),
    "what is paused goes on sending": Mutant(
        "A2", 35, "alertnet/flows/sending/pause.py", "paused(tx.now, until))", "paused(tx.now, tx.now))"
    ),
    "a page does as it is told without its PIN": Mutant(
        "A6", 10, "alertnet/flows/pages/linked_page.py", "self.is_needed and not self.is_given", "False"
    ),
    "what a coordinator holds opens by itself": Mutant(
        "B3",
        68,
        "alertnet/core/escalation/apply_events.py",
        "context.change(on_hold_since=context.moment)",
        "context.change(on_hold_since=None)",
    ),
    "a level that a coordinator holds or refuses opens by itself": Mutant(
        "B3",
        3,
        "alertnet/core/escalation/state.py",
        "(index in self.held and index not in self.goes)",
        "False",
        wants=("named levels",),
    ),
    "an answer rests the alarm that no coordinator has confirmed": Mutant(
        "A6",
        7,
        "alertnet/core/escalation/levels.py",
        "    must_confirm = context.level(run).confirm\n",
        "    must_confirm = False\n",
        wants=("terms",),
    ),
    "what is pressed on the page of a question is forgotten": Mutant(
        "A1",
        107,
        "alertnet/flows/pages/coordinator_page.py",
        "coordinator_actions.answer(locked, prompt, sent.answer, by)",
        "pass",
    ),
    "a PIN entered under duress is told to nobody": Mutant(
        "B4",
        291,
        "alertnet/flows/notifications/contact_pins.py",
        "    if tried.check is PinCheck.DURESS:\n        _tell",
        "    if False:\n        _tell",
    ),
    "the telephone goes round a week early": Mutant(
        "A7",
        2,
        "alertnet/core/directory/on_call.py",
        "(week - first) % max(1, len(duty.rota))",
        "(week - first + 1) % max(1, len(duty.rota))",
    ),
    "the code of a test counts from any number": Mutant(
        "A6 A9",
        80,
        "alertnet/store/records/credentials/number_tests.py",
        "number_tests.c.address_index.in_(tx.vault.indexes(number)) & number_tests.c.code_hash.in_(hashes)",
        "number_tests.c.code_hash.in_(hashes)",
    ),
    "commit after send": Mutant(
        "A5 A11",
        1,
        "alertnet/worker/due_work.py",
        "        claims = runtime.transact(self._sending.routes.claim_sends, method, self._rooms)\n",
        """
        def take_and_send(tx):
            claims = self._sending.routes.claim_sends(tx, method, self._rooms)
            for each in claims.claimed:
                runtime.outlets[each.method, each.provider].channel.send(self._sending.compose(each))
            return claims

        claims = runtime.transact(take_and_send)
""",
    ),
    "lease without fencing: at the send": Mutant(
        "A5 A4",
        3,
        "alertnet/store/queues/attempts.py",
        "    return {row.id for row in sending if row.lease == leases[row.id] and row.due_at > tx.now}\n",
        "    return {row.id for row in rows}\n",
    ),
    "lease without fencing: at the record": Mutant(
        "A5",
        1,
        "alertnet/flows/sending/record_outcome.py",
        "attempt.status is AttemptStatus.SENDING and is_ours",
        "True",
    ),
    "lease without fencing: at the answer to a question": Mutant(
        "A5",
        2483,
        "alertnet/flows/sending/settle_unknown.py",
        "attempt.status is before and attempt.found.lease == lease",
        "attempt.status is before",
    ),
    "an end in good order leaves behind what it has claimed": Mutant(
        "A5", 13, "alertnet/worker/service.py", "        for pool in self._pools.values():\n            pool.close()\n"
    ),
    "what came in a moment before the list was read is not looked for again": Mutant(
        "A12", 7, "alertnet/worker/missed_inbound.py", "OVERLAP = timedelta(minutes=70)", "OVERLAP = timedelta()"
    ),
    "who wrote while we were away gets no reply": Mutant(
        "A12",
        11,
        "alertnet/flows/sms/receive_sms.py",
        "    if reply is not None and reply.to is not None:\n        post_reply(tx, sms, reply, reply.to)\n",
    ),
    "who writes the same a second time is taken for a machine": Mutant(
        "A12", 11, "alertnet/core/inbound/auto_replies.py", "OFTEN = 4", "OFTEN = 1"
    ),
    "whoever holds a level takes charge by it": Mutant(
        "A6",
        4,
        "alertnet/flows/sms/answer_by_sms.py",
        "                return _decide(texted, prompt)\n",
        "                hold_rest(texted.holder, texted.inbound.via, texted.inbound.sender, texted.inbound.heard_at)\n"
        "                return _decide(texted, prompt)\n",
    ),
    "what one provider did not take waits for it, though there is another": Mutant(
        "A11",
        2282,
        "alertnet/flows/sending/claim_sends.py",
        "may_go_over = due.provider is None and",
        "may_go_over = False and",
    ),
    "what one provider may have taken goes by the other": Mutant(
        "A5",
        1,
        "alertnet/flows/sending/render_and_send.py",
        "case NotSent(code) | Refused(Failure.OUR_ACCOUNT, code) if",
        "case NotSent(code) | Unsure(code) | Refused(Failure.OUR_ACCOUNT, code) if",
    ),
    "an expired lease is sent again unmarked": Mutant(
        "A5 A11",
        3,
        "alertnet/flows/sending/settle_unknown.py",
        'attempt.unsure("lease")',
        'attempt.wait(tx.now, "lease")',
    ),
    "due time anchored to now: where levels start": Mutant(
        "A7",
        37,
        "alertnet/core/escalation/levels.py",
        "    start = context.on_time(moment)\n",
        "    start = context.now\n",
    ),
    "due time anchored to now: wherever a moment is taken": Mutant(
        "A7",
        2,
        "alertnet/core/escalation/context.py",
        "return moment if self.now - moment <= LATE else self.now",
        "return self.now",
    ),
    "due time anchored to now: where contact steps begin": Mutant(
        "A7",
        2,
        "alertnet/core/escalation/levels.py",
        "contact_steps.begin(context.reach(id), at, not context.has_ended(index, id))",
        "contact_steps.begin(context.reach(id), context.now, not context.has_ended(index, id))",
    ),
    "acknowledgement not read at the send": Mutant(
        "A4 A5",
        3,
        "alertnet/worker/sender.py",
        "if claimed.id not in known:",
        "if False:",
    ),
    "acknowledgement not read at the send: a cancelled one goes": Mutant(
        "A4",
        7,
        "alertnet/store/queues/attempts.py",
        "    sending = [row for row in rows if row.status == AttemptStatus.SENDING.value]\n",
        '    sending = rows\n    if gone := {row.id for row in rows if row.status == "cancelled"}:\n'
        "        return gone\n",
    ),
    "acknowledgement cancels nothing": Mutant(
        "A4",
        1,
        "alertnet/flows/escalation/escalate.py",
        "    if not locked.fresh:\n        forget_uses(locked, cancel_unwanted(locked))\n",
        wants=("rings beside",),
    ),
    "a message asks its recipient to call its own number": Mutant(
        "B1", 2, "alertnet/core/directory/contact_tree.py", "contact.numbers | set(besides)", "set(besides)"
    ),
    "pruning skipped at the send": Mutant(
        "A3 A7", 34, "alertnet/flows/sending/claim_sends.py", " or self._obstacles.to(due) is not None:", ":"
    ),
    "wider consent is applied unseen": Mutant(
        "A8",
        15,
        "alertnet/flows/incidents/update.py",
        "wider = [each for each in given if _widens(holds[each.person], heard.scope)]",
        "wider: list[Wider] = []",
    ),
    "whoever looks what an edit would change applies it": Mutant(
        "A8",
        10,
        "alertnet/web/api/re_resolve.py",
        "        found = door.look(lambda tx: difference(look_at(tx, id_of(tx, ref, door.key)), edition))\n",
        """
        found = door.look(lambda tx: difference(look_at(tx, id_of(tx, ref, door.key)), edition))
        change(ref, door, asked, lambda doing, _: re_resolve(doing.locked, edition, found.hash, by=door.by))
""",
    ),
    "nobody asks whether an office is closed": Mutant(
        "A7",
        7,
        "alertnet/core/directory/usable_methods.py",
        "return None if is_open else self.times.closed_by(at)",
        "return None",
    ),
    "wake-up without a look: no tick": Mutant(
        "A2 A5 A7",
        1,
        "alertnet/worker/service.py",
        'self._scheduler.add_job(self._wake.set, "interval", seconds=self._tick.total_seconds())',
    ),
    "wake-up without a look: no alarm clock": Mutant(
        "A2 A7", 2, "alertnet/worker/service.py", "        self._plan(search.next_at)\n"
    ),
    "wake-up without a look: the next due time is not looked up": Mutant(
        "A2 A7", 2, "alertnet/worker/due_work.py", "        self._expect(due.next_at)\n"
    ),
    "the heartbeat goes on, whatever is found": Mutant(
        "A12",
        3,
        "alertnet/core/monitoring/self_monitoring.py",
        "return not (set(found) - SPARED) and (answered or not seen.is_tested)",
        "return True",
    ),
    "the watch does not look at what is late": Mutant(
        "A2",
        27,
        "alertnet/core/monitoring/self_monitoring.py",
        "any(late > LATEST for late in lateness(seen).values())",
        "False",
    ),
    "the test of the way in comes in, and does not count": Mutant(
        "A2", 3, "alertnet/flows/sms/receive_sms.py", "        heartbeats.note(tx, heartbeats.INBOUND)\n"
    ),
    "wrong codes are not counted": Mutant(
        "A6",
        19,
        "alertnet/flows/notifications/wrong_codes.py",
        "    guess_store.keep(tx, number, before, {id: each for id, (each, _) in after.items()})\n",
        wants=("code guesser",),
    ),
    "a place that is not theirs leaves nobody out": Mutant(
        "B1 A7",
        30,
        "alertnet/core/resolution/resolve.py",
        "if not all(may_be_at(facts.place, each.place) for each in (when, contact.when)):",
        "if False:",
    ),
    "an organisation that is not theirs leaves nobody out": Mutant(
        "B1 A7",
        6,
        "alertnet/core/resolution/resolve.py",
        "if any(each.organisation and affected.isdisjoint(each.organisation) for each in (when, contact.when)):",
        "if False:",
    ),
    "silence on the road opens no incident": Mutant(
        "A2",
        32,
        "alertnet/core/inbound/on_the_road/journey.py",
        "    (JourneyStep.ASK, 2 / 3),\n    (JourneyStep.RAISE, 1),\n    (JourneyStep.GROW, 2),\n",
        "    (JourneyStep.ASK, 2),\n",
    ),
    "what the field narrows by SMS stays as wide as it was": Mutant(
        "A3",
        3,
        "alertnet/core/inbound/field_report.py",
        "consent=narrowest([known.consent, said]) if said else known.consent,",
        "consent=known.consent,",
        wants=("narrows by SMS",),
    ),
    "whoever calls in is awaited all the same": Mutant(
        "B4",
        1,
        "alertnet/core/inbound/on_the_road/journey.py",
        "    if is_met or (said in (FieldVerb.CHECK_IN, FieldVerb.ARRIVE) and awaits(journey, at)):\n",
        "    if is_met:\n",
    ),
    "duress at a check-in is told to nobody": Mutant(
        "B4",
        1,
        "alertnet/flows/sms/check_in_by_sms.py",
        "    if duress or report.cries:\n        hear_duress(text, report)\n",
    ),
    "a coordinator's phone rings whenever there is something": Mutant(
        "B9",
        1,
        "alertnet/core/limits.py",
        'Limit("coordinator_calls", 1, 10 * MINUTE)',
        'Limit("coordinator_calls", 99, HOUR)',
    ),
    "a coordinator's phone gets all that there is": Mutant(
        "B9", 13, "alertnet/core/limits.py", 'Limit("all_notices", 12, HOUR)', 'Limit("all_notices", 99, HOUR)'
    ),
    "an office that was closed is forgotten": Mutant(
        "B3",
        211,
        "alertnet/core/escalation/contact_steps.py",
        "return reach.times.next_opening(progress.skipped_at)",
        "return None",
    ),
    "what the field writes rings nobody": Mutant(
        "A12",
        17,
        "alertnet/flows/sms/unclear_sms.py",
        "    raise_prompt(locked, PromptKind.ALARM, subject, about=about, rings_at=None if rings else later)\n",
        "    pass\n",
    ),
    "an alarm that is called off under duress is believed": Mutant(
        "B4",
        46,
        "alertnet/flows/sms/withdraw_by_sms.py",
        "apply_facts(locked, withdrawn(known, duress=duress))",
        "apply_facts(locked, withdrawn(known, duress=False))",
    ),
    "a cry that is heard late is answered, whoever may hold the phone": Mutant(
        "B4", 21023, "alertnet/flows/sms/report_by_sms.py", "at_once_only=is_silent)", "at_once_only=False)"
    ),
    "who does not answer a roll-call is not looked for": Mutant(
        "A2",
        37,
        "alertnet/core/inbound/on_the_road/journey.py",
        "RAISING_ROLL_CALL_LADDER: Ladder = (*_REMINDERS, (JourneyStep.RAISE, 1), (JourneyStep.GROW, 2))",
        "RAISING_ROLL_CALL_LADDER: Ladder = _REMINDERS",
    ),
    "nobody hears of a cry for help from an unknown number": Mutant(
        "A12",
        5,
        "alertnet/flows/sms/quarantine.py",
        "    if report is not None and report.verb is FieldVerb.RAISE:\n        return _alarm(tx, trees, sms.sender)\n",
        "    if report is not None:\n        return None\n",
    ),
    "each press of a device is an alarm of its own": Mutant(
        "B5",
        20,
        "alertnet/flows/incidents/device_alarm.py",
        "    known = incidents.open_of_phone(tx, name)\n",
        "    known = None\n",
    ),
    "a report that is bound to a member raises nothing": Mutant(
        "B4",
        5,
        "alertnet/flows/sms/quarantine.py",
        "    if report is not None and hear_report(text, report)[0]:\n        return\n",
        "    if report is not None and report.verb.value == 'raise':\n        return\n",
    ),
    "of two reports that are merged the wider consent holds": Mutant(
        "A8",
        15,
        "alertnet/core/replan/merging.py",
        "consent=narrowest([own.consent, other.consent]),",
        "consent=max(own.consent, other.consent, key=lambda scope: scope.rank),",
    ),
    "whom only the other report concerned goes on hearing of this one after a split": Mutant(
        "B1",
        120342,
        "alertnet/flows/incidents/merge.py",
        "    add_events(events, _narrowed(whole, merged_at))\n",
    ),
    "what a part has waiting for a stranger leaves all the same": Mutant(
        "A9",
        61,
        "alertnet/flows/escalation/bad_addresses.py",
        "may know more strangers.\n    cancel_to_strangers(locked)\n",
        "may know more strangers.\n",
        wants=("recycled number", "sorts reports"),
    ),
    "whoever is on duty for a contact that is excluded goes on hearing of it": Mutant(
        "A3",
        117,
        "alertnet/core/resolution/resolve.py",
        "    return bars.contacts.get(of)\n",
        "    return None\n",
        wants=("rota",),
    ),
    "whose answer was revoked hears nothing more of it": Mutant(
        "A2",
        7,
        "alertnet/core/escalation/apply_events.py",
        "    for run in state.runs if again else ():\n",
        "    for run in ():\n",
    ),
    "what is merged goes on by the trees of the report that was merged into it": Mutant(
        "A8 A11",
        44,
        "alertnet/flows/incidents/merge.py",
        "        if trees.setdefault(id, hash) != hash:\n",
        "        trees[id] = hash\n        if False:\n",
    ),
    "an erasure takes what open incidents need": Mutant(
        "A2",
        9,
        "alertnet/store/erasure.py",
        "    is_over = notifications.c.incident_id.is_(None) | notifications.c.incident_id.in_(settled)\n",
        "    is_over = true()\n",
    ),
    "everybody in the trees hears of trouble of our own": Mutant(
        "A9",
        3,
        "alertnet/flows/notifications/system_notices.py",
        "for contact in tree.coordinators:",
        "for contact in tree.contacts.values():",
    ),
    "a page shows what is known before its PIN": Mutant(
        "A9",
        1,
        "alertnet/flows/pages/coordinator_page.py",
        "details_of(facts, contact.disclosure) if proof.is_given else NO_DETAILS",
        "details_of(facts, contact.disclosure)",
        wants=("visitors",),
    ),
    "what a report asks in its own words goes into mails": Mutant(
        "A9",
        1,
        "alertnet/core/disclosure.py",
        "ask_of_incident(facts, reads=reads, otherwise",
        "ask_of_incident(facts, reads=True, otherwise",
    ),
    "what may be public is told to the public without a go": Mutant(
        "B3",
        16,
        "alertnet/core/resolution/resolve.py",
        "    if is_public:\n        waits[Waiting.PUBLIC] = None\n",
        wants=("press",),
    ),
    "what a person narrows holds for nobody until somebody re-resolves": Mutant(
        "A3",
        1,
        "alertnet/flows/incidents/update.py",
        "    apply_facts(locked, with_consent(locked.facts, [each for each in given if each not in wider]))\n",
        wants=("press",),
    ),
    "what a person lets travel further does so at once": Mutant(
        "A3 A8",
        10,
        "alertnet/flows/incidents/update.py",
        "return before is not None and not before.allows(scope)",
        "return False",
        wants=("press",),
    ),
    "whoever has left the turn to another is called on": Mutant(
        "A7",
        6,
        "alertnet/core/directory/on_call.py",
        "latest.get(each.id, True) and each.phone",
        "each.phone",
        wants=("rota", "turns"),
    ),
    "whoever takes a turn is not called": Mutant(
        "A7",
        5,
        "alertnet/core/directory/on_call.py",
        "    if called:\n        return ready[called[-1]]\n",
        wants=("rota", "turns"),
    ),
    "a one-time PIN proves a check-in twice": Mutant(
        "A2",
        280,
        "alertnet/flows/credentials/pins.py",
        "return PinCheck.TRUE if pins.use_up(tx, pin.id) else PinCheck.WRONG",
        "return PinCheck.TRUE",
        wants=("awaited",),
    ),
    "in high risk any PIN proves a check-in": Mutant(
        "A2",
        22,
        "alertnet/core/inbound/on_the_road/journey.py",
        "return is_low or (pin is not None and len(pin) == ONE_TIME_PIN_LENGTH)",
        "return is_low or pin is not None",
        wants=("awaited",),
    ),
    "a check-in by the API is heard and counts for nothing": Mutant(
        "B4",
        24,
        "alertnet/flows/journeys/check_in.py",
        "    _tell_late(tx, stored, heard)\n    _hear(tx, stored, heard)\n",
        "    _tell_late(tx, stored, heard)\n",
        wants=("awaited",),
    ),
    "a tree goes on about another place than its own": Mutant(
        "B1",
        1,
        "alertnet/core/resolution/resolve.py",
        "plan if plan.tree.serves(facts.country, facts.place) else _for_last_resort_alone(plan)",
        "plan if plan.tree.serves(facts.country) else _for_last_resort_alone(plan)",
        wants=("lands and places",),
    ),
    "a report without a place is of no place that a tree serves": Mutant(
        "A2",
        1,
        "alertnet/core/directory/contact_tree.py",
        "if may_be_at(place, tree.places))",
        "if not tree.places or (place and may_be_at(place, tree.places)))",
        wants=("lands and places",),
    ),
    "whoever has another telephone is told by the former one as well": Mutant(
        "A9",
        36,
        "alertnet/core/replan/tree_migration.py",
        "replace(edited, former_methods=edited.former_methods + tuple(former)), tuple(places)",
        "replace(edited, methods=edited.methods + tuple(former)), tuple(places)",
        wants=("new number", "sorts reports", "edits beside"),
    ),
}


def test_every_bug_still_has_its_place() -> None:
    """The long tests put each in by its text: what has changed since is to be written anew."""
    places = {name: (ROOT / mutant.file).read_text().count(mutant.text) for name, mutant in MUTANTS.items()}

    assert places
    assert [name for name, times in places.items() if times != 1] == []


def test_every_bug_names_what_there_is(tmp_path: Path) -> None:
    """One that calls what has another name by now would be found by its own fault alone, if it is Python at all."""
    for at, mutant in enumerate(MUTANTS.values()):
        changed = (ROOT / mutant.file).read_text().replace(mutant.text, mutant.becomes)
        (tmp_path / f"bug_{at}.py").write_text(changed)
    (tmp_path / "unknown.py").write_text("hold()\n")

    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821", "--output-format", "concise"]
    looked = subprocess.run([*ruff, tmp_path], capture_output=True, text=True)

    assert re.findall(r"(\w+)\.py:.*", looked.stdout) == ["unknown"], looked.stdout


@pytest.mark.long
@pytest.mark.parametrize("name", MUTANTS)
def test_a_bug_that_was_put_in_on_purpose_is_found(name: str, tmp_path: Path) -> None:
    """By one of the first nights, and by the name of a promise that it breaks."""
    mutant = MUTANTS[name]
    for folder in COPIED:
        shutil.copytree(ROOT / folder, tmp_path / folder)
    file = tmp_path / mutant.file
    file.write_text(file.read_text().replace(mutant.text, mutant.becomes))
    expected = set(mutant.promises.split())

    found = broken(tmp_path, mutant.night, 1, mutant.wants)
    if not found & expected:
        found = broken(tmp_path, 1, NIGHTS, mutant.wants)

    assert found & expected, found


def broken(folder: Path, first: int, nights: int, wants: Sequence[str]) -> set[str]:
    """The promises broken in the first of these nights that breaks any."""
    simulate = [sys.executable, *f"-m simulation --from {first} --seeds {nights} --jobs 1 --stop".split()]
    simulate += ["--with", *wants] if wants else []
    lived = subprocess.run(simulate, cwd=folder, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ""})
    promises = re.findall(r"^night \d+ breaks ([AB]\d+):", lived.stdout, re.MULTILINE)
    assert lived.returncode == bool(promises), lived.stdout[-500:] + lived.stderr[-500:]
    return set(promises)
