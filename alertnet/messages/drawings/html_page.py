"""The frame of an HTML page that is a file of its own: it has no scripts, needs no other file, and is in no search."""

from html import escape

from alertnet.messages.words import direction


def html_page(title: str, language: str, style: str, content: str, foot: str = "") -> str:
    """The page with that content, which is HTML; `foot` is text below it."""
    return f"""<!doctype html>
<html lang="{escape(language)}" dir="{direction(language)}">
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width"/>
<meta name="robots" content="noindex, nofollow"/>
<title>{escape(title)}</title>
<style>{style}</style>
<main>
{content}
</main>
{f"<footer>{escape(foot)}</footer>" if foot else ""}
</html>
"""
