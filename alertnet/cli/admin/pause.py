"""`alertnet pause`: hands nothing to a provider for a while, when it is broken or messages went out by mistake (A2)."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from alertnet.cli.arguments import By, Yes, confirm, decider, typed_moment
from alertnet.cli.connection import connected
from alertnet.cli.output import aligned
from alertnet.core.delivery.circuit_breaker import LONGEST_HOLD
from alertnet.core.delivery.provider_routes import PROVIDERS, Route, route_name
from alertnet.core.directory.durations import read_duration
from alertnet.core.errors import BadInput

if TYPE_CHECKING:
    from alertnet.runtime.wiring import Runtime

Methods = Annotated[
    list[str] | None,
    typer.Option(metavar="METHOD", help="sms, call or email; give it once for each; unless given, all."),
]
Provider = Annotated[
    str | None,
    typer.Option(metavar="NUMBER", help="1 or 2; unless given, both. While one is paused the other sends all."),
]
For = Annotated[str | None, typer.Option("--for", metavar="DURATION", help="How long: 30m, 2h, at most 24h.")]
Until = Annotated[
    str | None, typer.Option(metavar="TIME", help="Until when, in UTC: 2026-12-24T22:00, at most 24h from now.")
]
Why = Annotated[str, typer.Option(metavar="TEXT", help="Why, for the record and whoever asks; needed to pause.")]
Everything = Annotated[
    bool, typer.Option("--everything", help="Allow a pause after which nobody can be texted or called; at most 1h.")
]
End = Annotated[bool, typer.Option("--end", help="End the pause now.")]


def pause(
    method: Methods = None,
    provider: Provider = None,
    span: For = None,
    until: Until = None,
    why: Why = "",
    by: By = "",
    everything: Everything = False,
    end: End = False,
    yes: Yes = False,
) -> None:
    """Send nothing by a method or provider for a while, no alarms either; reports and answers still come in.

    Without options it shows what is paused. A pause works as if the provider were away: each contact's next method goes
    at once, and coordinators are told by what is left. It ends by itself; what waits is then sent once, by the rules
    for outages.
    """
    from alertnet.flows.sending import pause as flow

    with connected() as runtime:
        routes = _routes(runtime, method, provider) if end or span or until else ()
        if end:
            ended = runtime.transact(flow.end_pauses, routes, decider(by))
            typer.echo(f"Goes on: {', '.join(map(route_name, ended))}." if ended else "Nothing of that is paused.")
        elif span or until:
            if not why.strip():
                raise BadInput("--why", None, "a reason, for the record and whoever asks")
            moment = _moment(runtime.now(), span, until)
            named = ", ".join(sorted(map(route_name, routes)))
            confirm(f"Until {moment:%Y-%m-%d %H:%M} UTC nothing leaves by {named}, no alarm either. Pause?", yes)
            who, known = decider(by), runtime.settings.routes
            runtime.transact(flow.pause, routes, moment, who, why.strip(), known=known, everything=everything)
        elif method or provider or why or everything:
            raise BadInput("--for", None, "a span, or --until a moment, or --end")
        _show(runtime)


def _routes(runtime: "Runtime", methods: list[str] | None, provider: str | None) -> Collection[Route]:
    known = runtime.settings.routes
    spoken = sorted({method.value for method, _ in known})
    for each in methods or ():
        if each not in spoken:
            raise BadInput("--method", each, spoken or "none: the settings name no provider")
    if provider not in (None, *PROVIDERS):
        raise BadInput("--provider", provider, PROVIDERS)
    found = [(kind, one) for kind, one in known if (not methods or kind.value in methods) and provider in (None, one)]
    if not found:
        raise BadInput("--provider", provider, sorted(map(route_name, known)) or "none: the settings name no provider")
    return found


def _moment(now: datetime, span: str | None, until: str | None) -> datetime:
    option, text = ("--for", span) if span else ("--until", until)
    length = read_duration(span) if span else None
    moment = now + length if length else typed_moment(option, text or "", ZoneInfo("UTC")) if until else now
    if (span and until) or not now < moment <= now + LONGEST_HOLD:
        raise BadInput(
            option, text, ("a span such as 90s, 10m or 2h, or --until a moment", "at most 24 hours from now")
        )
    return moment


def _show(runtime: "Runtime") -> None:
    from alertnet.store.views.pauses import current_pauses

    rows = [
        (
            route_name(each.route),
            f"paused until {each.until.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
            f"by {each.by}" if each.by else "",
            each.why,
        )
        for each in runtime.read(current_pauses)
    ]
    for line in aligned(rows) if rows else ["Nothing is paused."]:
        typer.echo(line)
