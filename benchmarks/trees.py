"""The contact trees for benchmarks: small ones, with a wait that the benchmark sets."""

TREE = """\
tree: {tree}
title: Benchmark network of {country}
scope: international
serves: {{countries: [{country}]}}
timezone: UTC
language: en
sender: BENCH
callback: "+573005550000"
last_resort: [desk]
contacts:
  coordinator:
    role: coordinator
    organisation: Coordination of {country}
    methods: [{{sms: "+57300555{place}01"}}]
  embassy:
    role: embassy
    represents: ES
    organisation: Embassy in {country}
    methods: [{{sms: "+57300555{place}02"}}]
  desk:
    role: ngo
    organisation: Head office
    methods: [{{sms: "+57300555{place}03"}}]
levels:
  - {{name: Coordination, notify: [coordinator], wait: {wait_seconds}s}}
  - {{name: Embassies, notify: [embassy], wait: 2h}}
"""

TEAMS = "teams: {}\npeople: {}\n"

COUNTRIES = (
    "AR",
    "BO",
    "BR",
    "CL",
    "CO",
    "CR",
    "CU",
    "DO",
    "EC",
    "GT",
    "HN",
    "HT",
    "MX",
    "NI",
    "PA",
    "PE",
    "PY",
    "SV",
    "UY",
    "VE",
)
"""Enough countries that thousands of incidents don't all go to one contact, whose open codes must differ."""


def trees(waits: dict[str, int]) -> dict[str, str]:
    """A tree for each country, by file name, whose second level follows the first after so many seconds."""
    files = {
        f"{country.lower()}.yaml": TREE.format(
            tree=f"bench-{country.lower()}", country=country, place=place, wait_seconds=wait
        )
        for place, (country, wait) in enumerate(waits.items(), 10)
    }
    return files | {"teams.yaml": TEAMS}


def report(country: str) -> dict[str, object]:
    """An incident of that country that every contact of its tree may be told of."""
    return {
        "type": "arrest",
        "country": country,
        "consent": "international",
        "perpetrator": "army",
        "people": [{"code": "P1", "nationality": "ES"}],
        "summary": "arrested at the roadblock",
    }
