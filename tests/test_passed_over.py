"""A way that the question does not want, "without Docker", is not what it gets."""

from __future__ import annotations

import pytest

from worker.engines.extractive.quotes import choose
from worker.excerpts import Excerpt
from worker.finding.blocks.labels import is_way_of, ways_passed_over
from worker.prompts import Prompts


@pytest.mark.parametrize(
    ("question", "ways"),
    [
        ("install kestrel on debian without docker", {"docker"}),
        ("how to run kestrel without using Docker or podman on a mac", {"docker", "podman"}),
        ("how do I add a door with yarn instead of npm", {"npm"}),
        ("which packages are there other than brew", {"homebrew"}),
        ("不用docker怎么装", {"docker"}),
        ("除了 Docker 和 npm 还能怎么装", {"docker", "npm"}),
        ("服务器没装 docker 怎么部署", {"docker"}),
        ("load a new door without stopping", set()),
        ("install kestrel with docker", set()),
        ("docker 不用重启怎么更新", set()),
    ],
)
def test_what_is_passed_over(question: str, ways: set[str]) -> None:
    assert ways_passed_over(question) == ways


@pytest.mark.parametrize(
    ("label", "code", "is_one"),
    [
        ("Docker", "", True),
        ("With Docker Compose:", "", True),
        ("Debian", "```sh\n$ sudo docker run kestrel\n```", True),
        ("Debian", "```sh\napt install kestrel\n```", False),
        ("Why Docker loses doors", "", False),
        ("", "", False),
    ],
)
def test_what_stands_under_a_way(label: str, code: str, is_one: bool) -> None:
    assert is_way_of(label, code, frozenset({"docker"})) is is_one


DOCKER = "Start the image:\n\n```sh\ndocker run kestrel\n```"
PLAIN = "Fetch the archive and start it:\n\n```sh\n./kestrel start\n```"


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("how do I install kestrel without docker", 2),
        ("how do I install kestrel with docker", 1),
        ("不用 docker 怎么安装 kestrel", 2),
    ],
)
def test_another_way_is_quoted(question: str, number: int) -> None:
    pages = [
        Excerpt(1, "Installing Kestrel", DOCKER, ("Installing Kestrel", "Docker"), path="a.md", score=1.0),
        Excerpt(2, "Installing Kestrel", PLAIN, ("Installing Kestrel", "Archive"), path="b.md", score=0.8),
    ]
    quotes = choose(Prompts(question, pages, "en").answer())
    assert quotes[0][0] == number
    assert number == 1 or all(page == number for page, _ in quotes)
