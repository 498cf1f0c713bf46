"""Pages as Confluence stores them: HTML with macros, whose code and link words no HTML parser sees."""

from __future__ import annotations

import html
import re

_CODE = re.compile(
    r"<ac:plain-text-body>\s{0,200}+((?>(?:<!\[CDATA\[(?>(?:(?!\]\]>|<!\[CDATA)[\s\S])*)\]\]>\s{0,200}+)+))</ac:plain-text-body>"
)
_CDATA = re.compile(r"<!\[CDATA\[((?>(?:(?!\]\]>|<!\[CDATA)[\s\S])*))\]\]>")
_PARAMETER = re.compile(r"<ac:parameter\b([^<>]*+)>([^<>]*+)</ac:parameter>")
_LINK = re.compile(
    r"<ac:link\b[^<>]*+>\s{0,200}+<ri:page\b([^<>]*+)>\s{0,200}+(?:</ri:page>\s{0,200}+)?</ac:link>"
)
_PAGE = re.compile(r"ri:content-title=(?:\"([^\"<>]*+)\"|'([^'<>]*+)')")
_TITLE = re.compile(r"ac:name=[\"']title[\"']")
_STATE = re.compile(r"<ac:task-(?:id|uuid|status)>[^<>]*+</ac:task-(?:id|uuid|status)>")


def _page_title(link: re.Match[str]) -> str:
    named = _PAGE.search(link[1])
    return (named[1] or named[2] or "") if named else ""


def _block(found: re.Match[str]) -> str:
    """Code, whose `]]>` Confluence stores as the end of one section and the beginning of another."""
    return f"<pre>{html.escape(''.join(_CDATA.findall(found[1])), quote=False)}</pre>"


def without_macros(page: str) -> str:
    """The page with the code of macros in <pre>, their titles as paragraphs and their other settings gone.

    A link without words of its own shows the title of the page that it leads to.
    """
    page = _LINK.sub(_page_title, page)
    page = _CODE.sub(_block, page)
    page = _CDATA.sub(lambda found: html.escape(found[1], quote=False), page)
    page = _PARAMETER.sub(lambda found: f"<p>{found[2]}</p>" if _TITLE.search(found[1]) else "", page)
    return _STATE.sub("", page).replace("<ac:task>", "<p>").replace("</ac:task>", "</p>")
