"""A rehearsal as an HTML page: time runs down the page, and no step is split across pages when printed."""

from collections.abc import Iterable
from html import escape

from alertnet.cli.trees.scenes import scenes_of
from alertnet.cli.trees.written import head_of, moment, steps_of, tail_of
from alertnet.flows.forecast.played import Played
from alertnet.messages.drawings.html_page import html_page
from alertnet.trees.forms.country_rules import Rules

STYLE = """
body{font:15px/1.45 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}
h1{font-size:1.3rem}
ol{list-style:none;margin:1.5rem 0;padding:0}
li{display:grid;grid-template-columns:7.5rem 1fr;break-inside:avoid}
time{padding:.35rem .8rem 0 0;text-align:right;color:#b3261e;white-space:nowrap}
section{border-left:3px solid #b3261e;padding:.35rem 0 .9rem 1rem}
h2{font-size:1rem;margin:0}
p{margin:.15rem 0}
@page{margin:15mm}
@media print{body{max-width:none;margin:0;padding:0;font-size:10.5pt}}
"""


def as_html(played: Played, rules: Rules) -> str:
    """A standalone page without scripts."""
    first, *more = head_of(played)
    steps = (
        f"<li><time>{escape(moment(played, each.at).strip())}</time>"
        f"<section><h2>{escape(each.title)}</h2>{_paragraphs(each.lines)}</section></li>"
        for each in steps_of(played, scenes_of(played), most=10_000)
    )
    head, tail = f"<h1>{escape(first)}</h1>{_paragraphs(more)}", _paragraphs(tail_of(played, rules))
    return html_page(first, "en", STYLE, "\n".join([head, "<ol>", *steps, "</ol>", tail]))


def _paragraphs(lines: Iterable[str]) -> str:
    return "".join(f"<p>{escape(line)}</p>" for line in lines)
