"""A report of an incident as values, and its output as a standalone HTML page or an accessible PDF."""

from collections.abc import Iterable
from dataclasses import asdict
from html import escape

from alertnet.core.codec import value
from alertnet.messages.drawings.html_page import html_page
from alertnet.messages.drawings.time_axis import TimeAxis, as_figure

STYLE = """
body{font:1rem/1.5 sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}
h1{font-size:1.5rem;line-height:1.25}
h2{font-size:1.125rem;margin:1.75rem 0 .4rem}p{margin:.25rem 0;white-space:pre-line}
.warning{padding:.5rem 1rem;border:2px solid #111;font-weight:bold}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.9375rem}
th,td{padding:.3rem .9rem .3rem 0;text-align:start;vertical-align:top;border-bottom:1px solid #d9d5c8}
footer{margin-top:2rem;font-size:.875rem;color:#555}
@media print{body{margin:0;max-width:none;font-size:10.5pt}svg{max-width:100%;height:auto}tr,p{break-inside:avoid}}
"""


@value
class Section:
    """A part of a report: lines of text, then a table with columns of those relative `widths`."""

    title: str
    lines: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    widths: tuple[int, ...] = ()


@value
class Report:
    """The content of a report in one language. `warning` says that it was a drill."""

    title: str
    language: str
    sections: tuple[Section, ...]
    picture: TimeAxis
    foot: str
    warning: str = ""

    def as_html(self) -> str:
        """A standalone HTML page without scripts."""
        warning = f'<p class="warning">{escape(self.warning)}</p>' if self.warning else ""
        content = f"""<h1>{escape(self.title)}</h1>
{warning}
{"".join(map(_html_of, self.sections))}
<h2>{escape(self.picture.title)}</h2>
<div class="wide" tabindex="0">{as_figure(self.picture).svg}</div>
<p>{escape(self.picture.description)}</p>"""
        return html_page(self.title, self.language, STYLE, content, self.foot)

    def as_pdf(self) -> bytes:
        """A tagged PDF (PDF/UA-1) without metadata about its author."""
        # Imported here because it is large, and most processes never make a PDF.
        from alertnet.messages.drawings import typeset

        figure = as_figure(self.picture)
        data = {
            "title": self.title,
            "language": self.language,
            "sections": [asdict(each) for each in self.sections],
            "foot": self.foot,
            "warning": self.warning,
            "picture": {
                "title": self.picture.title,
                "alt": self.picture.description,
                "svg": figure.svg,
                "width": figure.width,
                "height": figure.height,
            },
        }
        return typeset.as_pdf("report.typ", data)


def _html_of(section: Section) -> str:
    lines = "".join(f"<p>{escape(line)}</p>" for line in section.lines)
    return f"<h2>{escape(section.title)}</h2>{lines}{_table_of(section) if section.rows else ''}"


def _table_of(section: Section) -> str:
    def row(cells: Iterable[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag.partition(' ')[0]}>" for cell in cells) + "</tr>"

    head = row(section.columns, 'th scope="col"')
    body = "".join(row(each, "td") for each in section.rows)
    return f'<div class="wide" tabindex="0"><table><thead>{head}</thead><tbody>{body}</tbody></table></div>'
