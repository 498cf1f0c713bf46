"""Citations: the forms models write, and each sentence against the passage it cites."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import support
from worker.excerpts import Excerpt
from worker.pipeline.sanitise import Sanitiser, _packed, _shares_a_run, plain_citations
from worker.pipeline.verify import THRESHOLD, Verified, Verifier

TOKENS = Excerpt(
    1,
    "Access tokens",
    "Run `harbor token create --name ci`. The token is printed once. It expires after 90 days unless you "
    "pass `--days`.\n\nRun `harbor token revoke ci`. Requests that carry it are refused with status 401.",
    path="en/tokens.md",
)
CACHE = Excerpt(
    2, "缓存", "在 `harbor.toml` 里设置 `cache_max_gb = 50`，单位是 GB，默认值是 20。", path="zh/cache.md"
)
EXCERPTS = (TOKENS, CACHE)


def verified(answer: str) -> Verified:
    return Verifier("How do tokens work?", EXCERPTS, None).verify(answer)


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("a [1].", "a [1]."),
        ("a [1, 2].", "a [1][2]."),
        ("a [1，2]、[2;1]", "a [1][2]、[2][1]"),
        ("a [1-3]", "a [1][2][3]"),
        ("结论【1】。", "结论[1]。"),
        ("结论[资料 2]。", "结论[2]。"),
        ("end [Material 2] [source 3] [^1]", "end [2] [3] [1]"),
        ("[1, 9] [0-9] [3-1] [12] [1.2]", "[1, 9] [0-9] [3-1] [12] [1.2]"),
        ("a 【1†source】。b【2†L3-L5】", "a [1]。b[2]"),
        ("a [citation:1][citation:2] [doc_3] [Document 1] [文档2]", "a [1][2] [3] [1] [2]"),
        ("a [[1]] [[1]][[2]] <sup>[2]</sup> ［3］ \\[1\\]", "a [1] [1][2] [2] [3] [1]"),
        ("a [1](https://a.b/c) b [2]() [9](https://a.b)", "a [1] b [2] [9](https://a.b)"),
        ("[see [1]] [资料1、资料2] [Source 1, Source 3]", "[see [1]] [1][2] [1][3]"),
        ("[citation:1, citation:2] [1 and 2] [1 和 3] [^1^][^2^]", "[1][2] [1][2] [1][3] [1][2]"),
        ("【1:0†guide.md】 [1†L1-L3, 2†L4] 【2†L3, L5】", "[1] [1][2] [2]"),
        (
            "m<sup>2</sup>, 【9†L1】, [step 1], a[0], [1]: x",
            "m<sup>2</sup>, 【9†L1】, [step 1], a[0], [1]: x",
        ),
    ],
)
def test_forms_of_citation(written: str, plain: str) -> None:
    assert plain_citations(written, {1, 2, 3}) == plain


def test_code_is_not_read_for_citations() -> None:
    text = "Use `row[1, 2]` [1, 2]:\n\n```\nx = [1, 2]\n```"
    assert Sanitiser(EXCERPTS, "en").clean(text) == "Use `row[1, 2]` [1][2]:\n\n```\nx = [1, 2]\n```"


def test_what_is_supported_stays_with_its_citation() -> None:
    found = verified("The token is printed once [1]. It expires after 90 days unless you pass `--days` [1].")
    assert found.cited == [1]
    assert (found.checked, found.dropped, found.recited) == (2, 0, 0)
    assert found.text.endswith("`--days` [1].")


def test_of_a_last_paragraph_that_announces_something_only_the_announcement_goes() -> None:
    said = "The token is printed once [1]."
    assert (
        verified(f"{said}\n\nIt expires after 90 days [1]. Run [1]:").text
        == f"{said}\n\nIt expires after 90 days [1]."
    )
    assert verified(f"{said}\n\nRun [1]:").text == said


def test_what_nothing_supports_goes() -> None:
    found = verified(
        "The token is printed once [1]. It costs 4711 dollars [1]. Use `--forever` to keep it [2]."
    )
    assert found.text == "The token is printed once [1]."
    assert found.dropped == 2


def test_a_wrong_citation_is_corrected_and_an_unknown_one_removed() -> None:
    assert verified("The token is printed once [2].").text == "The token is printed once. [1]"
    assert verified("The token is printed once [1][7].").text == "The token is printed once [1]."


def test_an_answer_that_cites_nothing_gets_its_citations() -> None:
    found = verified("The token is printed once. 默认值是 20。")
    assert found.text == "The token is printed once. [1] 默认值是 20。 [2]"
    assert found.cited == [1, 2]
    code = verified("Run this:\n\n```\nharbor token create --name ci\n```")
    assert code.cited == [1]
    assert code.text.startswith("Run this:")


def test_a_not_that_the_source_lacks_is_noticed() -> None:
    verifier = Verifier("", (CACHE,), None)
    said, denied = "设置 cache_max_gb 后默认值是 20。", "设置 cache_max_gb 后默认值不是 20。"
    assert verifier.support(2, denied) == pytest.approx(verifier.support(2, said) / 2, rel=0.2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("title", "heading", "said"),
    [
        ("Lifts", "Stops without a call", "The lift stops where somebody waits."),
        ("电梯", "含义与区别", "货梯可以载货，客梯可以载人。"),
        ("电梯常见问题", "提示“No Floor”，如何诊断？", "先看控制柜里的指示灯。"),
    ],
)
def test_the_heading_of_a_quote_states_nothing_and_stays(title: str, heading: str, said: str) -> None:
    excerpt = Excerpt(1, title, said, heading_path=("Operation", heading), path="lifts.md")
    written = f"**{title} > {heading}** [1]\n\n{said}"
    result = Verifier("lift", [excerpt], None).verify(written)
    assert (result.text, result.dropped, result.recited) == (written, 0, 0)
    made_up = f"**{title} > Stops without a fault** [1]\n\n{said}"
    assert "without a fault" not in Verifier("lift", [excerpt], None).verify(made_up).text


def test_meaning_is_looked_at_only_where_it_decides() -> None:
    compared: list[str] = []

    def alike(sentence: str, windows: Sequence[str]) -> list[float]:
        compared.append(sentence)
        return [1.0] * len(windows)

    verifier = Verifier("How do tokens work?", EXCERPTS, alike)
    assert not verifier.supports(1, "Bananas grow in warm countries.")
    assert not verifier.supports(1, "The token is never printed twice to the tenant.")
    assert compared == [], "even of the same meaning they would share too few words, or deny"
    assert verifier.supports(1, "Each token of a tenant expires after a quarter.")
    assert compared == ["Each token of a tenant expires after a quarter."]
    assert verifier.support(1, "Bananas grow in warm countries.") == pytest.approx(0.5)


@given(
    st.text("今天abc \n.", max_size=120), st.text("今天abc \n.", max_size=200), st.sampled_from((2, 5, 12))
)
def test_a_run_that_repeats_the_rules_is_found_wherever_it_begins(line: str, text: str, length: int) -> None:
    packed, rules = _packed(line), _packed(text)
    runs = {rules[start : start + length] for start in range(len(rules) - length + 1)}
    repeats = any(packed[start : start + length] in runs for start in range(len(packed) - length + 1))
    assert _shares_a_run(packed, text, length) == repeats


@pytest.mark.slow
def test_the_threshold_is_the_one_that_the_labelled_pairs_choose() -> None:
    assert support.best_threshold(support.scored()) == THRESHOLD


def test_an_answer_of_which_nothing_is_supported_cites_nothing() -> None:
    found = verified("The moon is made of 4711 green cheeses. Buy `--moon` today.")
    assert (found.text, found.cited) == ("", [])


@pytest.mark.slow
@given(
    st.lists(
        st.sampled_from(
            ["The token is printed once", " [1]", "[2]", ". ", "\n\n", "- ", "4711", "`x`", "```\n"]
        )
        | st.text(max_size=6),
        max_size=20,
    ).map("".join)
)
@settings(max_examples=100, deadline=None)
def test_any_answer_is_verified_and_cites_what_exists(answer: str) -> None:
    found = verified(answer)
    assert set(found.cited) <= {1, 2}
    assert 0 <= found.dropped <= found.checked
