"""Issues and discussions: what was answered becomes a page, from an export or from an API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.config.settings import Settings, SourceSettings
from bot.errors import LoadError
from index.sources.threads import answered
from index.text.document import Document
from tests.web_server import Asked, Reply, WebServer
from worker.sources import issues
from worker.sources.issues import GitLab
from worker.sources.kept import Kept

JSON = {"Content-Type": "application/json"}


def read(folder: Path, place: str, **source: Any) -> dict[str, Document]:
    given = Settings(index={"dir": folder})  # type: ignore[arg-type]
    found = list(issues.read(given, SourceSettings(issues=place, **source)))
    return {one.path: one for one in found if isinstance(one, Document)}


def test_what_gh_exports(tmp_path: Path) -> None:
    rows = [
        {
            "number": 7, "title": "serve fails on port 80", "state": "CLOSED", "url": "https://github.com/a/b/issues/7",
            "body": "<!-- fill in -->\n# What happened\nPermission denied", "author": {"login": "ann"},
            "updatedAt": "2026-01-02T03:04:05Z",
            "comments": [
                {"body": "+1", "author": {"login": "bob"}, "authorAssociation": "NONE"},
                {"body": "Try sudo", "author": {"login": "bob"}, "authorAssociation": "NONE"},
                {"body": "Give it `--port 7070`.", "author": {"login": "mia"}, "authorAssociation": "MEMBER"},
            ],
        },
        {"number": 8, "title": "open", "state": "OPEN", "body": "?", "comments": [{"body": "Looking"}]},
        {"number": 9, "title": "closed in silence", "state": "CLOSED", "body": "?", "comments": []},
        {"number": 10, "title": "change", "pull_request": {}, "state": "closed", "comments": [{"body": "k"}]},
    ]  # fmt: skip
    file = tmp_path / "issues.json"
    file.write_text(json.dumps(rows), encoding="utf-8")
    pages = read(tmp_path, str(file), name="issues")
    assert list(pages) == ["issues/7"]
    page = pages["issues/7"]
    assert page.text == (
        "# serve fails on port 80\n\n#### What happened\nPermission denied\n\n"
        "## Answer\n\nGive it `--port 7070`.\n"
    )
    assert (page.source, page.url) == ("issues", "https://github.com/a/b/issues/7")
    assert page.updated_at == 1767323045


def test_half_a_character_anywhere_in_an_export_can_be_encoded(tmp_path: Path) -> None:
    comment = {"body": "Give it \udc11", "author": {"login": "mia"}, "authorAssociation": "MEMBER"}
    row = {
        "number": 7, "title": "\ud800 port", "state": "CLOSED", "url": "https://x.example/\ud801",
        "body": "\ud802 closed", "comments": [comment],
    }  # fmt: skip
    file = tmp_path / "issues.json"
    file.write_text(json.dumps([row]), encoding="utf-8")
    (page,) = read(tmp_path, str(file)).values()
    assert (page.title, page.url) == ("\ufffd port", "https://x.example/\ufffd")
    page.text.encode()


def test_discussions_and_gitlab_exports() -> None:
    discussion = {
        "data": {"repository": {"discussions": {"nodes": [
            {"number": 3, "title": "怎么换端口？", "body": "默认 80", "url": "https://github.com/a/b/discussions/3",
             "answer": {"id": "x", "body": "用 --port"}, "comments": {"nodes": [
                 {"id": "x", "body": "用 --port"}, {"body": "谢谢大佬们"}]}},
        ]}}}
    }  # fmt: skip
    (page,) = answered(discussion, "s")
    assert page.text == "# 怎么换端口？\n\n默认 80\n\n## 回答\n\n用 --port\n"
    assert page.path == "discussions/3"
    gitlab = [
        {"iid": 1, "title": "crash", "description": "on start", "state": "closed", "web_url": "https://gitlab.com/a/b/-/issues/1",
         "notes": [{"note": "closed", "system": True}, {"note": "Fixed by clearing the cache."}]},
    ]  # fmt: skip
    (page,) = answered({"issues": gitlab}, "s")
    assert "Fixed by clearing the cache." in page.text
    assert "closed" not in page.text


@pytest.mark.parametrize(
    "odd", [None, 3, [None, 3, "x"], {"title": 5}, [{"title": "t", "comments": "x"}], [[[]]]]
)
def test_odd_exports_hold_nothing(odd: object) -> None:
    assert list(answered(odd, "s")) == []


def test_a_broken_export_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"see index\.sources"):
        read(tmp_path, str(tmp_path / "none.json"))
    (tmp_path / "x.json").write_text("{", encoding="utf-8")
    with pytest.raises(LoadError, match="no JSON"):
        read(tmp_path, str(tmp_path / "x.json"))
    with pytest.raises(LoadError, match="OWNER/NAME"):
        read(tmp_path, "https://github.com/only")


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


def test_the_api_of_github_page_by_page_and_only_what_changed(server: WebServer, tmp_path: Path) -> None:
    base = "/api/v3/repos/a/b/issues"
    listed = [
        {"id": n, "number": n, "title": f"问题 {n}", "body": "怎么办", "state": "closed", "comments": 1,
         "updated_at": "2026-01-01T00:00:00Z", "html_url": f"{server.url}/a/b/issues/{n}"}
        for n in (1, 2)
    ]  # fmt: skip

    def answer(asked: Asked) -> Reply | None:
        assert asked.headers.get("Authorization") == "Bearer secret"
        if asked.path.startswith(f"{base}?"):
            second = "page=2" in asked.path
            link = {} if second else {"Link": f'<{server.url}{base}?page=2>; rel="next"'}
            return Reply(json.dumps(listed[1:] if second else listed[:1]).encode(), headers={**JSON, **link})
        if asked.path.startswith(f"{base}/"):
            said = [
                {
                    "body": f"答 {asked.path.split('/')[-2]}",
                    "user": {"login": "mia"},
                    "author_association": "OWNER",
                }
            ]
            return Reply(json.dumps(said).encode(), headers=JSON)
        return Reply(b'{"data": {"repository": {"discussions": {"nodes": []}}}}', headers=JSON)

    server.on_request = answer
    pages = read(tmp_path, f"{server.url}/a/b", token="secret")  # type: ignore[arg-type]
    assert {path: page.text.strip()[-3:] for path, page in pages.items()} == {
        "issues/1": "答 1",
        "issues/2": "答 2",
    }
    server.asked.clear()
    listed[1]["updated_at"] = "2026-02-02T00:00:00Z"
    assert sorted(read(tmp_path, f"{server.url}/a/b", token="secret")) == sorted(pages)  # type: ignore[arg-type]
    assert [path for path in server.paths() if "comments" in path] == [f"{base}/2/comments?per_page=100"]


def test_gitlab_asks_for_notes(server: WebServer, tmp_path: Path) -> None:
    base = "/api/v4/projects/a%2Fb/issues"
    issue = {
        "id": 5,
        "iid": 5,
        "title": "crash",
        "description": "on start",
        "state": "closed",
        "user_notes_count": 1,
    }
    notes = [{"body": "Clear the cache."}]

    def answer(asked: Asked) -> Reply:
        said = notes if asked.path.startswith(f"{base}/5/notes?") else [issue]
        return Reply(json.dumps(said).encode(), headers=JSON)

    server.on_request = answer
    with Kept(tmp_path, "x") as kept:
        (thread,) = GitLab(server.url, "a/b", "").threads(kept)
    (page,) = answered(thread, "s")
    assert "Clear the cache." in page.text


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        (404, {}, "needs a `token`"),
        (403, {"x-ratelimit-remaining": "0"}, "too many calls"),
        (401, {}, "`token` is missing"),
    ],
)
def test_a_refusal_says_what_to_do(
    server: WebServer, tmp_path: Path, status: int, headers: dict[str, str], said: str
) -> None:
    server.on_request = lambda _: Reply(status=status, headers=headers)
    with pytest.raises(LoadError, match=said):
        read(tmp_path, f"{server.url}/a/b")


def test_an_answer_that_never_ends_is_an_error(
    server: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issues, "ANSWER_SECONDS", 0.2)
    server.on_request = lambda _: Reply(b"[" + b" " * 100_000, 200, JSON, drip=0.01)
    with pytest.raises(LoadError, match="does not end"):
        read(tmp_path, f"{server.url}/a/b")
    assert server.dripped < 100_000, "it is not read to its end"


def test_an_answer_that_breaks_off_is_an_error(server: WebServer, tmp_path: Path) -> None:
    server.on_request = lambda _: Reply(b"[", 200, JSON, length=50)
    with pytest.raises(LoadError, match="no answer"):
        read(tmp_path, f"{server.url}/a/b")
