"""The tables, drawn once for SQLite and PostgreSQL; `escalations`, `attempts`, `alarms` and the like are queues.

Everything that names a person, a number, a code or what somebody wrote is an encrypted column; what must be looked up
is a keyed blind index (`…_index`) or a hash beside it. Roles, ids and statuses are in clear: they name nobody.
"""

from alertnet.store.tables.access import (
    api_keys,
    arrangements,
    duty_calendars,
    idempotency,
    inbound,
    looking,
    lost_codes,
    number_tests,
    pins,
    sweeps,
    user_sessions,
    users,
)
from alertnet.store.tables.base import metadata
from alertnet.store.tables.field import drills, journeys, member_languages, recordings
from alertnet.store.tables.incidents import (
    ACTING,
    IS_EDITION,
    acknowledgements,
    actions,
    alarms,
    chain_heads,
    documents,
    escalations,
    incidents,
    timeline,
)
from alertnet.store.tables.sending import (
    attempts,
    breakers,
    code_numbers,
    codes,
    guesses,
    links,
    notice_links,
    notifications,
    senders,
    served,
)
from alertnet.store.tables.watch import counters, limit_usage, put_offs, signs, troubles, workers

__all__ = [
    "ACTING",
    "IS_EDITION",
    "acknowledgements",
    "actions",
    "alarms",
    "api_keys",
    "arrangements",
    "attempts",
    "breakers",
    "chain_heads",
    "code_numbers",
    "codes",
    "counters",
    "documents",
    "drills",
    "duty_calendars",
    "escalations",
    "guesses",
    "idempotency",
    "inbound",
    "incidents",
    "journeys",
    "limit_usage",
    "links",
    "looking",
    "lost_codes",
    "member_languages",
    "metadata",
    "notice_links",
    "notifications",
    "number_tests",
    "pins",
    "put_offs",
    "recordings",
    "senders",
    "served",
    "signs",
    "sweeps",
    "timeline",
    "troubles",
    "user_sessions",
    "users",
    "workers",
]
