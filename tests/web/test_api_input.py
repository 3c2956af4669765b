"""What the API does not take: each refusal is a problem document that names field, value and what is allowed."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from alertnet.core.limits import LONGEST_BODY
from alertnet.web.api.incidents import Report

AS_JSON = {"Content-Type": "application/json"}
REPORT = {"type": "arrest", "country": "CO"}

REFUSED: list[tuple[str, dict[str, Any], str, Any, str]] = [
    ("unknown type", {"type": "parking"}, "type", "parking", "killing"),
    ("type as a number", {"type": 20}, "type", 20, "killing"),
    ("country as a list", {"country": ["CO"]}, "country", "a list", "ISO 3166-1 alpha-2"),
    ("unknown severity", {"severity": "awful"}, "severity", "awful", "watch"),
    ("severity as a number", {"severity": 3}, "severity", 3, "watch"),
    ("unknown country", {"country": "XX"}, "country", "XX", "ISO 3166-1 alpha-2"),
    ("country in small letters", {"country": "co"}, "country", "co", "ISO 3166-1 alpha-2"),
    ("unknown field", {"town": "Apartadó"}, "town", "Apartadó", "place"),
    ("unknown field of a person", {"people": [{"code": "P7", "age": 3}]}, "people.0.age", 3, "nationality"),
    (
        "a person without a code",
        {"people": [{"kind": "other"}]},
        "people.0.code",
        None,
        "a value: the field is required",
    ),
    ("a contact that is none", {"people": [{"code": "P7", "contact": "x"}]}, "people.0.contact", "x", "coordinator"),
    (
        "a nationality that is none",
        {"people": [{"code": "P7", "nationality": "ESP"}]},
        "people.0.nationality",
        "ESP",
        "ISO 3166-1 alpha-2",
    ),
    ("unknown consent", {"consent": "all"}, "consent", "all", "international"),
    ("unknown perpetrator", {"perpetrator": "x"}, "perpetrator", "x", "paramilitary"),
    ("an exclusion of nobody", {"exclude": ["nobody"]}, "exclude", "nobody", "brigade"),
    ("a drill in words", {"drill": "true"}, "drill", "true", "true or false, without quotes"),
    ("a text as a list", {"summary": ["s"]}, "summary", "a list", "text"),
    ("a list as a text", {"exclude": "bob"}, "exclude", "bob", "a list"),
    ("too long a text", {"place": "L" * 501}, "place", "L" * 200 + "…", "at most 500 characters"),
    ("too long a list", {"exclude": ["bob"] * 101}, "exclude", "a list", "at most 100 of them"),
    (
        "an instant without a zone",
        {"occurred_at": "2026-11-24T13:00:00"},
        "occurred_at",
        "2026-11-24T13:00:00",
        "an instant with its zone, such as 2026-11-24T13:00:00Z",
    ),
    (
        "an instant as a number",
        {"occurred_at": 1},
        "occurred_at",
        1,
        "an instant with its zone, such as 2026-11-24T13:00:00Z",
    ),
    ("lines in a name", {"exclude": ["a\nb"]}, "exclude.0", "a\nb", "text, not empty and without control characters"),
]


def errors_of(response: Any) -> list[dict[str, Any]]:
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    errors: list[dict[str, Any]] = response.json()["errors"]
    return errors


@pytest.mark.parametrize(
    ("fields", "field", "value", "allowed"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_a_value_that_is_not_allowed_is_named_with_those_that_are(
    api: TestClient, fields: dict[str, Any], field: str, value: Any, allowed: str
) -> None:
    [error] = errors_of(api.post("/v1/incidents", json=REPORT | fields))

    assert (error["field"], error["value"]) == (field, value)
    assert allowed in error["allowed"]


@pytest.mark.parametrize("nothing", [None, "", "\r\n"])
@pytest.mark.parametrize(
    "field", ["severity", "consent", "people", "perpetrator", "exclude", "certainty", "drill", "place"]
)
def test_null_is_as_if_the_field_were_left_out(api: TestClient, field: str, nothing: object) -> None:
    """A2: whoever writes null for what nobody knows yet raises the alarm all the same; forms write an empty text."""
    given, left_out = (api.post("/v1/incidents", json=body) for body in (REPORT | {field: nothing}, REPORT))

    assert given.status_code == 201, given.text
    same = ("type", "severity", "consent", "drill", "verified")
    assert [given.json()[name] for name in same] == [left_out.json()[name] for name in same]


@pytest.mark.parametrize(
    "given",
    [{"people": [{"code": ""}]}, {"people": [{"code": None}]}, {"people": [{}, None]}, {"exclude": ["", " ", None]}],
)
def test_a_list_of_what_nobody_has_filled_in_is_empty(given: dict[str, Any]) -> None:
    """A2: a flow that puts a field of its form into a list does so too where nobody knows yet who was taken."""
    facts = Report.model_validate(REPORT | given).facts(None)

    assert facts == Report.model_validate(REPORT).facts(None)


@pytest.mark.parametrize("nothing", [None, ""])
@pytest.mark.parametrize("field", ["type", "country", "town"])
def test_null_is_no_value_of_a_field_that_is_required_or_unknown(api: TestClient, field: str, nothing: object) -> None:
    [error] = errors_of(api.post("/v1/incidents", json=REPORT | {field: nothing}))

    assert (error["field"], error["value"]) == (field, nothing)


@pytest.mark.parametrize(
    ("field", "written", "kept"),
    [
        ("summary", "Se llevaron a P7\r\n\r\nhacia el norte", "Se llevaron a P7 hacia el norte"),
        ("place", "L12\tnorth", "L12 north"),
        ("summary", "a line that an office program breaks\x0bsoftly", "a line that an office program breaks softly"),
        ("ask", "a\0b", "ab"),
        ("ask", "call_authority\r\n", "call_authority"),
        ("details", "an emoji that a program has cut in half \ud83d", "an emoji that a program has cut in half "),
        ("details", "two\nlines", "two\nlines"),
        ("summary", "x" * 501, "x" * 499 + "…"),
    ],
)
def test_what_people_write_is_no_reason_to_refuse_their_alarm(field: str, written: str, kept: str) -> None:
    """A12: nobody who tries a form with one word learns that two lines, or a paragraph, would not have come through."""
    assert getattr(Report.model_validate(REPORT | {field: written}).facts(None), field) == kept


def test_a_summary_that_is_too_long_stands_whole_in_the_details() -> None:
    summary = "word " * 101

    facts = Report.model_validate(REPORT | {"summary": summary, "details": "and more"}).facts(None)

    assert facts.details == f"{summary}\n\nand more"


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-24T03:00:00.5Z",
        "2026-11-24T03:00:00.1651234Z",
        "2026-11-24T03:00:00.165123456Z",
        "2026-11-24T03:00:00.000-04",
        "2026-11-24T03:00:00-0400",
        "2026-11-24 03:00:00 +0000",
        "2026-11-24T03:00Z",
    ],
    ids=["JavaScript", ".NET", "Go and Java", "ODK Collect", "PHP", "Ruby", "without seconds"],
)
def test_an_instant_may_be_written_as_programs_do(written: str) -> None:
    """What is finer than a microsecond is cut off."""
    report = Report.model_validate(REPORT | {"occurred_at": written})

    hour = 7 if "-04" in written else 3
    assert report.occurred_at is not None
    assert report.occurred_at.replace(microsecond=0) == datetime(2026, 11, 24, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    "at", ["1970-01-01T00:01:12Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"]
)
def test_a_clock_that_nobody_has_set_keeps_no_report_from_people(at: str) -> None:
    """A2: a telephone after its battery was empty; Go and .NET write the others where no time is known."""
    facts = Report.model_validate(REPORT | {"occurred_at": at}).facts(None)

    assert facts == Report.model_validate(REPORT).facts(None)


def test_all_faults_are_reported_at_once(api: TestClient) -> None:
    errors = errors_of(api.post("/v1/incidents", json={"type": "parking", "town": 1, "people": [{"cod": 1}]}))

    assert {error["field"] for error in errors} == {"type", "country", "town", "people.0.code", "people.0.cod"}


def test_half_a_surrogate_pair_does_no_harm(api: TestClient) -> None:
    names = json.dumps(REPORT | {"exclude": ["\ud800"]})
    words = json.dumps(REPORT | {"summary": "help \ud800"})

    [error] = errors_of(api.post("/v1/incidents", content=names, headers=AS_JSON))

    assert error["field"] == "exclude.0"
    assert api.post("/v1/incidents", content=words, headers=AS_JSON).status_code == 201


def test_the_first_fault_is_said_in_words_that_begin_the_answer(api: TestClient) -> None:
    """Make, n8n, Apps Script and Guzzle show a person one line of it, or the first hundred characters."""
    refused = api.post("/v1/incidents", json=REPORT | {"severity": "bad", "drill": 1, "town": "x"})

    said = "severity: 'bad' is not allowed (allowed: critical, serious, moderate, watch); also not allowed: drill, town"
    assert refused.text.startswith('{"detail": "' + said)


@pytest.mark.parametrize("type", ["application/json", "application/json; charset=iso-8859-1"])
def test_a_report_may_come_in_the_letters_of_windows(api: TestClient, type: str) -> None:
    """So PowerShell 5.1 and curl in a batch file send it, and it would be refused for the accents of a place alone."""
    body = '{"type": "arrest", "country": "CO", "place": "Apartadó"}'.encode("cp1252")

    answers = [api.post("/v1/incidents", content=body, headers={"Content-Type": type}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert api.get(answers[0].headers["Location"]).json()["place"] == "Apartadó"


def test_a_long_value_is_said_back_in_short(api: TestClient) -> None:
    [error] = errors_of(api.post("/v1/incidents", json=REPORT | {"place": "x" * 10_000}))

    assert len(error["value"]) < 300


@pytest.mark.parametrize(
    "body", [b"{", b"\xff", b'{"type": "arrest", "country"}', b"[" * 20_000], ids=["cut", "bytes", "key", "deep"]
)
def test_a_body_that_is_no_json_is_bad_input(api: TestClient, body: bytes) -> None:
    response = api.post("/v1/incidents", content=body, headers={"Content-Type": "application/json"})

    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    assert [error["field"] for error in errors_of(response)] == ["body"]


GOOD = json.dumps(REPORT).encode()
ODD: list[tuple[str, dict[str, str], bytes, int]] = [
    ("cut", AS_JSON, b"{", 422),
    ("bytes", AS_JSON, b"\xff", 422),
    ("deep", AS_JSON, b"[" * 20_000, 422),
    ("a deep place", AS_JSON, GOOD[:-1] + b', "place": ' + b'{"a":' * 600 + b"1" + b"}" * 601, 422),
    ("long", AS_JSON, GOOD + b" " * LONGEST_BODY, 413),
    ("nothing", AS_JSON, b"", 422),
    ("a list", AS_JSON, b"[]", 422),
    ("a value not allowed", AS_JSON, b'{"type": "parking"}', 422),
    ("no type of content", {}, GOOD, 422),
    ("text", {"Content-Type": "text/plain"}, GOOD, 422),
    ("a name that is nobody's", AS_JSON, json.dumps(REPORT | {"exclude": ["nobody"]}).encode(), 422),
]


@pytest.mark.parametrize(("headers", "body", "status"), [row[1:] for row in ODD], ids=[row[0] for row in ODD])
def test_what_is_wrong_with_a_report_is_said_in_the_same_words_to_a_key_that_is_known(
    api: TestClient, headers: dict[str, str], body: bytes, status: int
) -> None:
    first, again = (api.post("/v1/incidents", content=body, headers=headers) for _ in range(2))

    assert (first.status_code, first.headers["content-type"]) == (status, "application/problem+json")
    assert (again.status_code, again.headers, again.text) == (first.status_code, first.headers, first.text)


@pytest.mark.parametrize("type", ["application/json; charset=utf-8", "Application/JSON", "application/problem+json"])
def test_a_report_may_say_in_other_words_that_it_is_json(api: TestClient, type: str) -> None:
    answers = [api.post("/v1/incidents", content=GOOD, headers={"Content-Type": type}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]


def test_a_body_of_another_type_is_told_to_be_json(api: TestClient) -> None:
    [error] = errors_of(api.post("/v1/incidents", content="type=arrest", headers={"Content-Type": "text/plain"}))

    assert error == {"field": "Content-Type", "value": "text/plain", "allowed": ["application/json"]}


def test_a_body_longer_than_allowed_is_refused(api: TestClient) -> None:
    response = api.post("/v1/incidents", json=REPORT | {"details": "x" * LONGEST_BODY})

    assert (response.status_code, response.headers["content-type"]) == (413, "application/problem+json")


@pytest.mark.parametrize("ref", ["A-ZZZZ", "A-7K3M5", "x", "%00", "A-7K3%C3%A9"])
def test_an_unknown_reference_is_not_found(api: TestClient, ref: str) -> None:
    response = api.get(f"/v1/incidents/{ref}")

    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("path", ["/v1/incidents/A-7K3M/join", "/v1/incidents/", "/v1/journey", "/docs", "/redoc"])
def test_what_is_not_there_is_said_with_what_is(api: TestClient, path: str) -> None:
    """What this version can't do is refused by name, never half there."""
    response = api.post(path)

    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
    assert {"/v1/incidents/{ref}/close", "/openapi.json"} <= set(response.json()["paths"])


def test_a_method_that_is_not_there_is_a_problem_that_names_others(api: TestClient) -> None:
    response = api.put("/v1/incidents", json={})

    assert (response.status_code, response.headers["content-type"]) == (405, "application/problem+json")
    assert response.headers["Allow"] == "GET, POST"


def test_a_filter_that_is_left_empty_is_none(api: TestClient) -> None:
    assert api.get("/v1/incidents?status=&cursor=").json() == {"items": [], "next": None}


def test_a_key_in_the_address_is_told_where_it_belongs_and_not_said_back(client: TestClient) -> None:
    refused = client.get("/v1/incidents?api_key=secret")

    assert (refused.status_code, "Authorization: Bearer" in refused.text) == (401, True)
    assert "secret" not in refused.text


@pytest.mark.parametrize("query", ["status=shut", "cursor=x", "cursor=MjAyNg==", "stats=open"])
def test_a_query_that_is_not_understood_is_refused(api: TestClient, query: str) -> None:
    [error] = errors_of(api.get(f"/v1/incidents?{query}"))

    assert error["field"] == query.partition("=")[0]


def test_a_place_in_the_history_that_is_none_is_refused_with_what_one_is(api: TestClient) -> None:
    ref = api.post("/v1/incidents", json=REPORT).json()["ref"]
    [in_query] = errors_of(api.get(f"/v1/incidents/{ref}/timeline?cursor=x"))
    [in_header] = errors_of(api.get(f"/v1/incidents/{ref}/events", headers={"Last-Event-ID": ""}))

    assert in_query == {"field": "cursor", "value": "x", "allowed": ["a whole number"]}
    assert in_header == {"field": "last-event-id", "value": "", "allowed": ["a whole number"]}


def test_every_path_documents_its_problems(api: TestClient) -> None:
    """OpenAPI declares each refusal as `application/problem+json`."""
    paths = api.get("/openapi.json").json()["paths"]
    answers = [
        answer
        for path, methods in paths.items()
        for method in methods.values()
        for status, answer in method["responses"].items()
        if path.startswith("/v1") and status >= "400"
    ]

    assert len(answers) > 50
    assert all(list(answer["content"]) == ["application/problem+json"] for answer in answers)


def test_what_the_description_gives_by_default_is_taken(api: TestClient) -> None:
    """Clients that are generated from it send every default, as they find it there."""
    schemas = api.get("/openapi.json").json()["components"]["schemas"]
    defaults = {name: each["default"] for name, each in schemas["Roll"]["properties"].items() if "default" in each}

    begun = api.post("/v1/roll-calls", json=defaults)

    assert defaults["incident_after"] == "90m"
    assert begun.status_code == 201, begun.text


def test_an_answer_has_a_type_that_the_description_names(api: TestClient) -> None:
    """OpenAPI says what a report is (a page or PDF), and what a device that presses again hears."""
    ref = api.post("/v1/incidents", json=REPORT).json()["ref"]
    paths = api.get("/openapi.json").json()["paths"]
    report = paths["/v1/incidents/{ref}/report"]["get"]["responses"]["200"]["content"]
    answers = [api.get(f"/v1/incidents/{ref}/report?format={form}") for form in ("html", "pdf")]

    assert [answer.headers["content-type"].partition(";")[0] for answer in answers] == list(report)
    pressed = paths["/v1/devices/{id}/alarm"]["post"]["responses"]
    assert pressed["200"]["content"] == pressed["201"]["content"]


def test_no_list_takes_a_parameter_that_it_does_not_know_nor_a_place_in_another_list(api: TestClient) -> None:
    """With a slip in its name all would be shown where few were asked for, or the same page again and again.

    What is asked of one incident is that incident's, whatever a program adds.
    """
    ref, at = api.post("/v1/incidents", json=REPORT).json()["ref"], "2026-11-24T03:12:00+00:00 0a"
    paged = [f"/v1/{name}" for name in ("journeys", "roll-calls", "quarantine")]

    assert api.get(f"/v1/incidents/{ref}/timeline?limit=100").status_code == 200
    for path in (*paged, "/v1/trees"):
        [unknown] = errors_of(api.get(f"{path}?curser=1"))
        assert (api.get(path).status_code, unknown["field"], unknown["value"]) == (200, "curser", "1")
    for path in paged:
        asked = [api.get(path, params={"cursor": cursor(at, of)}).status_code for of in (path, "/v1/incidents")]
        assert asked == [200, 422]


def cursor(text: str, of: str = "/v1/incidents") -> str:
    return base64.urlsafe_b64encode(f"{of} {text}".encode()).decode()


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00:00+00:00 0a",
        "0001-01-01T00:00:00+14:00 0a",
        "9999-12-31T23:59:59-14:00 0a",
        "1999-12-31T23:59:59+00:00 0a",
        "2026-11-24T03:12:00+00:00 \x00",
        "2026-11-24T03:12:00+00:00 ",
        "2026-11-24 03:12:00+00:00 0a",
        "2026-11-24T03:12:00Z 0a",
        "2026-11-24T04:12:00+01:00 0a",
    ],
)
def test_a_cursor_that_we_never_gave_is_refused(api: TestClient, text: str) -> None:
    """B9: also one that means the same as one of ours, written otherwise."""
    assert api.get("/v1/incidents", params={"cursor": cursor("2026-11-24T03:12:00+00:00 0a")}).status_code == 200

    [error] = errors_of(api.get("/v1/incidents", params={"cursor": cursor(text)}))

    assert (error["field"], error["allowed"]) == ("cursor", ["the `next` of an earlier answer"])


@pytest.mark.parametrize(
    "at",
    [
        "0001-01-01T00:00:00Z",
        "1999-12-31T23:59:59Z",
        "2101-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "2026-11-24T03:00:00+14:01",
        "2026-11-24T03:00:00-99:99",
    ],
)
@pytest.mark.parametrize(
    ("act", "body", "field"),
    [
        ("/acknowledgements", {"tree": "colombia", "contact": "coordinator", "kind": "acknowledged"}, "heard_at"),
        ("/actions", {"contact": "coordinator", "action": "visited"}, "at"),
        ("/consent", {"scope": "internal", "given_by": "Ana", "how": "by phone"}, "at"),
    ],
)
def test_an_instant_outside_of_2000_to_2100_is_refused(
    api: TestClient, at: str, act: str, body: dict[str, Any], field: str
) -> None:
    """B9: such a one, once on the record, would make every page that shows it fail for good."""
    ref = api.post("/v1/incidents", json=REPORT).json()["ref"]

    [error] = errors_of(api.post(f"/v1/incidents/{ref}{act}", json=body | {field: at}))

    assert error["field"] == field
    assert api.get(f"/v1/incidents/{ref}").json()["acknowledgements"] == []


def test_no_nul_is_kept_in_a_text(api: TestClient) -> None:
    """PostgreSQL keeps none, SQLite does."""
    at = api.post("/v1/incidents", json=REPORT | {"place": "a\x00b"}).headers["Location"]

    api.post(f"{at}/updates", json={"text": "c\x00d"})
    [error] = errors_of(api.post(f"{at}/exclude", json={"contacts": ["a\x00b"]}))

    assert error["field"] == "contacts.0"
    told = api.get(f"{at}/timeline").text
    assert (api.get(at).json()["place"], '"cd"' in told, "\\u0000" in told) == ("ab", True, False)
