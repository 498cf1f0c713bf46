"""Which sources a question is answered from: collections of its group, versions of the product."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.config.settings import Settings
from index.sources.confirmed import source_of
from worker.process.scope import scope_of


def settings(**given: object) -> Settings:
    names = {
        "harbor-2.1": "2.1",
        "harbor-2.10": "2.10",
        "harbor-3.0rc1": "3.0rc1",
        "hr": "",
        "ops-4": "4",
        "ops-5": "5",
    }
    sources = [{"path": Path(name), "name": name, "version": version} for name, version in names.items()]
    collections = {
        "product": ["harbor-2.1", "harbor-2.10", "harbor-3.0rc1"],
        "office": ["hr"],
        "ops": ["ops-4", "ops-5"],
    }
    return Settings(index={"sources": sources, "collections": collections, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "collection", "sources", "version"),
    [
        ("怎么安装？", "product", {"harbor-3.0rc1"}, "3.0rc1"),
        ("Harbor v2.1 怎么安装？", "product", {"harbor-2.1"}, "2.1"),
        ("2.1.3 升级到 2.1.4 要停机吗", "product", {"harbor-2.1"}, "2.1"),
        ("version 2.10 port?", "product", {"harbor-2.10"}, "2.10"),
        ("内存 12.1 GB 够吗", "product", {"harbor-3.0rc1"}, "3.0rc1"),
        ("怎么请假？", "office", {"hr"}, ""),
        ("重启 4 次还是失败", "ops", {"ops-5"}, "5"),
        ("版本4 怎么重启", "ops", {"ops-4"}, "4"),
        ("ops v4 restart", "ops", {"ops-4"}, "4"),
    ],
)
def test_a_question_gets_its_version_of_its_collection(
    text: str, collection: str, sources: set[str], version: str
) -> None:
    scope = scope_of(text, settings(), (collection,))
    assert (scope.sources, scope.version) == (sources, version)


def test_each_product_has_a_version_of_its_own() -> None:
    scope = scope_of("v2.1 怎么装？", settings())
    assert scope.sources == {"harbor-2.1", "hr", "ops-5"}
    assert scope.version == "2.1, 5"


def test_without_collections_and_versions_everything_is_searched() -> None:
    assert scope_of("怎么安装？", Settings()).sources is None


def test_names_that_lead_nowhere_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"collections.x names y, which is the `name` of no source"):
        settings(collections={"x": ["y"]})
    with pytest.raises(
        ValidationError, match=r"groups.oc_1.collections: nothing is not in index.collections"
    ):
        Settings(groups={"oc_1": {"collections": ["nothing"]}})  # type: ignore[dict-item]


def test_answers_of_colleagues_belong_to_their_group_alone() -> None:
    known = ("docs", "wiki", source_of("oc_a"), source_of("oc_b"))
    own = scope_of("怎么安装？", Settings(), chat_id="oc_a", known=known)
    assert own.sources == {"docs", "wiki", "answers-oc_a"}
    assert scope_of("怎么安装？", Settings(), chat_id="oc_c", known=known).sources == {"docs", "wiki"}
    assert scope_of("怎么安装？", Settings(), chat_id="oc_c", known=("docs", "wiki")).sources is None
