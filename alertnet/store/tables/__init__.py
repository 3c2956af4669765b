"""The tables, the same for SQLite and PostgreSQL; `escalations`, `attempts`, `alarms` and the like are queues.

Everything that names a person, number or code, or that somebody wrote, is in an encrypted column. What must be looked
up has a keyed blind index (`…_index`) or a hash beside it. Roles, ids and statuses are in clear, since they name
nobody.
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
from alertnet.store.tables.base import NOBODY, metadata
from alertnet.store.tables.field import drills, journeys, member_languages, recordings
from alertnet.store.tables.incidents import (
    ACTING,
    IS_EDITION,
    IS_OPEN,
    acknowledgements,
    actions,
    alarms,
    chain_heads,
    documents,
    escalations,
    incidents,
    timeline,
    with_wholes,
)
from alertnet.store.tables.sending import (
    IS_NO_FIRST_ALERT,
    IS_OF_CLOSED,
    IS_OF_OPEN,
    IS_QUEUED,
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
