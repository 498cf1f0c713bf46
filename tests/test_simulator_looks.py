"""Cards as HTML: faithful to Feishu's dialect, marked where Feishu would not show it, and never unsafe."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.text.chinese import has_chinese
from simulator.cards.words import names
from simulator.page.card_html import CardHTML
from simulator.page.markup_html import markdown_html
from tests.feishu_caller import plain_card

NAMES = {"ou_alice": "李晓雯"}


def drawn(markdown: str) -> str:
    return markdown_html(markdown, lambda open_id: NAMES.get(open_id, open_id))


def card_drawn(*elements: dict[str, Any], **more: Any) -> str:
    return CardHTML(str).card({**plain_card(*elements), **more})


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("**b** *i* ~~s~~ `c<d>`", '<code class="fs-inline">c&lt;d&gt;</code>'),
        ("### h", "<h3>h</h3>"),
        ("a\nb", "a<br>b"),
        ("a<br>b", "a<br>b"),
        ("1 &#60; 2", "1 &lt; 2"),
        ("- a\n    - b", "<ul>"),
        ("[x](https://example.com/?a=1&b=2)", 'href="https://example.com/?a=1&amp;b=2"'),
        ("<at id=ou_alice></at>", "@李晓雯"),
        ("<at id=all></at>", "@所有人"),
        ("<font color='grey'>g</font>", '<span class="fs-font fs-c-grey">g</span>'),
        ("<text_tag color='blue'>t</text_tag>", '<span class="fs-text_tag fs-c-blue">t</span>'),
        (":OK: and 10:20:30", '<span class="fs-emoji">👌</span> and 10:20:30'),
        ("```py\na<b>\n```", '<pre tabindex="0"><code>a&lt;b&gt;\n</code></pre>'),
        ("| a |\n|---|\n| 1 |", '<table class="fs-table" data-page-size="5">'),
        ("![x](img_v3_1)", "🖼 img_v3_1"),
    ],
)
def test_dialect_is_drawn(markdown: str, shown: str) -> None:
    assert shown in drawn(markdown)
    assert "fs-wrong" not in drawn(markdown)


@pytest.mark.parametrize(
    "markdown",
    [
        "std::vector<int>",
        "<div>x</div>",
        "<!-- x -->",
        "[x](docs/a.md)",
        "![x](http://example.com/a.png)",
        "- a\n  ```\n  code\n  ```",
    ],
)
def test_what_feishu_would_not_show_looks_wrong(markdown: str) -> None:
    assert "fs-wrong" in drawn(markdown)


def test_open_tags_do_not_leak_out_of_their_line() -> None:
    assert drawn("<font color='red'>a\n\nb").count("</span>") == 1


def test_components_are_drawn() -> None:
    shown = card_drawn(
        {"tag": "button", "element_id": "go", "text": {"tag": "plain_text", "content": "Go <b>"}},
        {"tag": "input", "name": "why", "placeholder": {"tag": "plain_text", "content": "?"}},
        {
            "tag": "collapsible_panel",
            "expanded": True,
            "header": {"title": {"tag": "plain_text", "content": "P"}},
            "elements": [],
        },
        {"tag": "table", "columns": [{"name": "a"}], "rows": [{"a": "x<y"}], "page_size": 3},
        {"tag": "note"},
        header={"title": {"tag": "plain_text", "content": "T"}, "template": "green"},
    )
    for piece in (
        'data-button="go"',
        "Go &lt;b&gt;",
        'name="why"',
        "<details",
        " open>",
        "x&lt;y",
        'data-page-size="3"',
        "fs-h-green",
        "⚠ 不支持的组件 note",
    ):
        assert piece in shown


@pytest.mark.parametrize(
    "element",
    [
        {"tag": "markdown", "content": "a\n\n- ```\n  x\n  ```"},
        {"tag": "markdown", "content": "<div>x</div> ![x](http://a.example) [y](a.md) <at id=all></at>"},
        {"tag": "select_static", "name": "a", "options": []},
        {"tag": "note"},
    ],
)
def test_a_reader_of_english_meets_no_chinese_around_a_card(element: dict[str, Any]) -> None:
    shown = CardHTML(str, "en").card(plain_card(element), streaming=True)
    assert "Generating" in shown
    assert not has_chinese(shown)
    assert has_chinese(CardHTML(str).card(plain_card(element), streaming=True))


class Safe(HTMLParser):
    """Fails on any tag or attribute that could run something."""

    TAGS = names(
        "div span p br hr a h1 h2 h3 h4 h5 h6 ul ol li blockquote strong em s code pre table thead tbody tr "
        "th td button details summary form input textarea select option label"
    )

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.TAGS, tag
        for name, value in attrs:
            assert not name.startswith("on"), name
            if name == "href":
                assert (value or "").lower().startswith(("http://", "https://")), value


ATTACKS = st.sampled_from(
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "[x](javascript:alert(1))",
        "<font color='red\" onclick=\"alert(1)'>",
        "<at id='\"><svg onload=alert(1)>'></at>",
        "<link url='data:text/html,x'>x</link>",
        '```"><script>\nx\n```',
        ":<script>:",
        '![a](img_"onerror=x)',
        "</span></div>",
    ]
)


@pytest.mark.slow
@given(st.lists(ATTACKS | st.text(alphabet="<>\"'&`*_[]()#|\n -:ab/=", max_size=30), max_size=6))
@settings(max_examples=150, deadline=None)
def test_nothing_unsafe_is_drawn(pieces: list[str]) -> None:
    text = "".join(pieces)
    Safe().feed(drawn(text))
    plain = {"tag": "plain_text", "content": text}
    Safe().feed(
        card_drawn(
            {
                "tag": "button",
                "element_id": text,
                "name": text,
                "text": plain,
                "hover_tips": plain,
                "size": text,
            },
            {"tag": "input", "name": text, "default_value": text, "placeholder": plain, "rows": text},
            {"tag": text, "element_id": text},
            {"tag": "column_set", "flex_mode": text, "columns": []},
            header={"title": plain, "template": text},
        )
    )
