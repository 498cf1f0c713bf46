"""Every format becomes Markdown with its headings; one bad file never stops the rest."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config.settings import SourceSettings
from bot.errors import LoadError
from index.sources.asked import Unread
from index.sources.formats import SUFFIXES, read
from index.sources.load import LoadReport, glob_pattern, load
from index.text.document import Document
from tests.index_files import write_documents


def read_all(
    *sources: SourceSettings, clones: Path = Path("unused")
) -> tuple[dict[str, Document], LoadReport]:
    report = LoadReport()
    return {document.path: document for document in load(sources, clones, report)}, report


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_documents(tmp_path / "handbook")


@pytest.mark.slow
def test_every_format_is_read(folder: Path) -> None:
    documents, report = read_all(SourceSettings(path=folder))
    assert not report.errors
    names = "docs/kv_quant.md docs/zh_cn/install.md start.rst hook.html notes.txt manual.pdf policy.docx"
    assert set(documents) == set(names.split())
    assert all(document.source == "handbook" for document in documents.values())
    assert documents["docs/kv_quant.md"].title == "KV cache quantization"
    assert documents["docs/zh_cn/install.md"].language == "zh"
    assert documents["start.rst"].language == "en"
    assert documents["notes.txt"].title == "notes"


@pytest.mark.slow
def test_restructured_text_becomes_markdown(folder: Path) -> None:
    text = read_all(SourceSettings(path=folder))[0]["start.rst"].text
    assert "# Getting started" in text
    assert "## Run it" in text
    assert "```shell\nfennel --help\n```" in text
    assert "[the site](https://example.org/site) and more" in text
    assert "toctree" not in text


@pytest.mark.slow
def test_html_keeps_anchors_and_tables_and_drops_navigation(folder: Path) -> None:
    page = read_all(SourceSettings(path=folder))[0]["hook.html"]
    assert page.title == "Webhook guide"
    assert "## Retries {#retry}" in page.text
    assert "| 230020 | too fast |" in page.text
    assert "- after 15 s" in page.text
    assert "menu" not in page.text
    assert "gone" not in page.text


@pytest.mark.slow
def test_pdf_pages_and_word_headings(folder: Path) -> None:
    documents, _ = read_all(SourceSettings(path=folder))
    assert "## Page 2 {#page=2}" in documents["manual.pdf"].text
    assert "two years" in documents["manual.pdf"].text
    assert "## Exceptions" in documents["policy.docx"].text
    assert "| intern | 10 |" in documents["policy.docx"].text


@pytest.mark.slow
def test_include_exclude_and_links(folder: Path) -> None:
    source = SourceSettings(
        path=folder,
        include=("docs/**/*.md",),
        exclude=("**/zh_cn/**",),
        url="https://example.org/site/",
        name="guide",
    )
    documents, _ = read_all(source)
    assert list(documents) == ["docs/kv_quant.md"]
    assert documents["docs/kv_quant.md"].url == "https://example.org/site/docs/kv_quant.md"
    assert documents["docs/kv_quant.md"].source == "guide"


OWN_ADDRESSES = [
    ("slug: /start/here", "start/here"),
    ("slug: ' /start/ '", "start/"),
    ("slug: /", ""),
    ("slug: setup", "guide/setup"),
    ("slug: ./deep/setup", "guide/deep/setup"),
    ("slug: 404", "guide/404"),
    ("slug: /安装 指南", "%E5%AE%89%E8%A3%85%20%E6%8C%87%E5%8D%97"),
    ("slug: /%E5%AE%89", "%E5%AE%89"),
    ("slug: /a?b#c", "a%3Fb%23c"),
    ("slug: ../../admin", None),
    ("slug: /a/%2e%2e/%2e%2e/b", None),
    ("slug: 'https://evil.example/'", None),
    ("slug: //evil.example/x", None),
    ("slug: 'javascript:alert(1)'", None),
    ("slug: '..\\..\\x'", None),
    (f"slug: /{'x' * 400}", None),
    ("slug: [a, b]", None),
    ("slug: true", None),
    ("slug:", None),
    ("title: Page", None),
]
"""A page's front matter, and where its page is, below the source's url; None: at its own path."""


@pytest.mark.slow
def test_a_page_is_linked_at_its_own_slug(tmp_path: Path) -> None:
    for number, (facts, _) in enumerate(OWN_ADDRESSES):
        (tmp_path / f"guide{number}").mkdir()
        text = f"---\n{facts}\n---\n# Page\n\n## Part {{#part}}\n\nWhat it says.\n"
        (tmp_path / f"guide{number}" / "page.md").write_text(text, "utf-8")
    found = read_all(SourceSettings(path=tmp_path, url="https://example.org/docs/"))[0]
    published_nowhere = read_all(SourceSettings(path=tmp_path))[0]
    for number, (facts, end) in enumerate(OWN_ADDRESSES):
        at = f"guide{number}/page.md" if end is None else end.replace("guide/", f"guide{number}/")
        assert found[f"guide{number}/page.md"].url == f"https://example.org/docs/{at}", facts
        assert published_nowhere[f"guide{number}/page.md"].url == ""


@pytest.mark.slow
def test_pages_of_docusaurus_are_linked_without_numbers_and_endings(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    published = {
        "intro.md": "intro",
        "02-guides/10-first-steps.mdx": "guides/first-steps",
        "02-guides/index.md": "guides",
        "03_api/3. README.md": "api",
        "04-cranes/01-cranes.md": "cranes",
        "2024-05-01-news.md": "2024-05-01-news",
        "1.2-changes.md": "1.2-changes",
        "404.md": "404",
        "02-guides/20-own.md": "guides/other",
        "02-guides/plan.html": "02-guides/plan.html",
    }
    for path in published:
        file = docs / path
        file.parent.mkdir(parents=True, exist_ok=True)
        facts = "---\nslug: other\n---\n" if path.endswith("own.md") else ""
        file.write_text(f"{facts}# Page\n\n## Part\n\nWhat {path} says.\n", "utf-8")
    source = SourceSettings(path=docs, url="https://example.org/docs/")
    plain = read_all(source)[0]
    assert plain["02-guides/index.md"].url == "https://example.org/docs/02-guides/index.md"
    (docs / "02-guides" / "_category_.json").write_text("{}", "utf-8")
    assert {path: page.url for path, page in read_all(source)[0].items()} == {
        path: f"https://example.org/docs/{at}" for path, at in published.items()
    }
    (docs / "02-guides" / "_category_.json").unlink()
    (tmp_path / "docusaurus.config.ts").write_text("export default {};", "utf-8")
    assert read_all(source)[0]["02-guides/index.md"].url == "https://example.org/docs/guides"
    assert read_all(SourceSettings(path=docs))[0]["02-guides/index.md"].url == ""


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("**/*.md", "a.md", True),
        ("**/*.md", "a/b/c.md", True),
        ("*.md", "a/b.md", False),
        ("docs/*", "docs/a.md", True),
        ("docs/**", "docs/a/b.md", True),
        ("a?.md", "ab.md", True),
        ("a+.md", "aa.md", False),
    ],
)
def test_globs(glob: str, path: str, matches: bool) -> None:
    assert bool(glob_pattern(glob).fullmatch(path)) is matches


@pytest.mark.slow
def test_bad_files_are_reported_and_the_rest_is_read(folder: Path) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 nothing more")
    (folder / "broken.docx").write_bytes(b"no zip")
    (folder / "binary.md").write_bytes(b"\x00\x01\x02\x03")
    (folder / "empty.md").write_text("", "utf-8")
    documents, report = read_all(SourceSettings(path=folder), SourceSettings(path=folder / "absent"))
    assert len(documents) == 7
    told = " ".join(map(str, report.errors))
    assert all(name in told for name in ("broken.pdf", "broken.docx", "binary.md", "absent"))
    assert len(report.errors) == 4


@pytest.mark.slow
def test_links_out_of_the_folder_and_hidden_folders_are_not_read(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("# secret", "utf-8")
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    (folder / ".git").mkdir()
    (folder / ".git" / "notes.md").write_text("# internal", "utf-8")
    (tmp_path / "shelf").mkdir()
    (folder / "linked").symlink_to(tmp_path / "shelf")
    (folder / "python3").symlink_to("/usr/bin/env")
    documents, report = read_all(SourceSettings(path=folder))
    assert "link.md" not in documents
    told = [note.split(":")[1].strip() for note in report.notes if "link out of the folder" in note]
    assert told == ["link.md", "linked"]
    assert ".git/notes.md" not in documents


@pytest.mark.slow
def test_chinese_encodings_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("安装说明".encode("gb18030"))
    (tmp_path / "b.txt").write_bytes("安装说明".encode("utf-16"))
    documents, report = read_all(SourceSettings(path=tmp_path))
    assert [document.text for document in documents.values()] == ["安装说明", "安装说明"]
    assert not report.errors


def test_question_answer_pairs(tmp_path: Path) -> None:
    (tmp_path / "faq.csv").write_text(
        "Question,Answer,url\n怎么报销？,填单子。,https://e.org/1\n", "utf-8-sig"
    )
    (tmp_path / "faq.json").write_text(json.dumps({"How to log in?": "Use SSO."}), "utf-8")
    (tmp_path / "faq.jsonl").write_text('{"问题": "几点开会", "答案": "十点"}\n', "utf-8")
    sources = [SourceSettings(qa=tmp_path / f"faq.{suffix}") for suffix in ("csv", "json", "jsonl")]
    documents, report = read_all(*sources)
    assert not report.errors
    found = {document.title: document for document in documents.values()}
    assert found["怎么报销？"].url == "https://e.org/1"
    assert found["怎么报销？"].language == "zh"
    assert "Use SSO." in found["How to log in?"].text
    assert "十点" in found["几点开会"].text


@pytest.mark.parametrize("text", ["[1, 2]", '[{"question": "only"}]', "{", ""])
def test_a_file_without_a_pair_says_what_is_missing(tmp_path: Path, text: str) -> None:
    (tmp_path / "faq.json").write_text(text, "utf-8")
    documents, report = read_all(SourceSettings(qa=tmp_path / "faq.json"))
    assert not documents
    assert "faq.json: " in str(report.errors[0])


def test_a_table_whose_columns_are_called_otherwise_is_named_with_them(tmp_path: Path) -> None:
    (tmp_path / "faq.csv").write_text("topic,answer\nOpening hours,Nine to five\nReturns,30 days\n", "utf-8")
    documents, report = read_all(SourceSettings(qa=tmp_path / "faq.csv"))
    assert not documents
    (told,) = map(str, report.errors)
    assert "'topic', 'answer'" in told
    assert "hold the questions; name that one 'question' in the first line" in told


def test_what_the_bot_keeps_among_the_documents_is_none_of_them(tmp_path: Path) -> None:
    (tmp_path / "guide.md").write_text("# Guide\n\nTurn it on.\n", "utf-8")
    for own in ("kept/index/versions/1/like.txt", "kept/other/notes.txt"):
        (tmp_path / own).parent.mkdir(parents=True)
        (tmp_path / own).write_text("kiln oven furnace", "utf-8")
    documents, _ = read_all(SourceSettings(path=tmp_path), clones=tmp_path / "kept/index/sources")
    assert sorted(documents) == ["guide.md", "kept/other/notes.txt"]


def test_blank_rows_and_a_wrong_row_leave_the_other_pairs(tmp_path: Path) -> None:
    (tmp_path / "faq.csv").write_text(
        'Frage;question;answer\n1;"How; really?";Like this.\n;;\n2;No answer;\n\n3;Where?;Here.\n', "utf-8"
    )
    documents, report = read_all(SourceSettings(qa=tmp_path / "faq.csv"))
    assert [document.title for document in documents.values()] == ["How; really?", "Where?"]
    assert not report.errors
    assert report.notes == ["faq: faq.csv: row 4: needs columns 'question' and 'answer'"]


@pytest.mark.slow
def test_feishu_documents_need_a_reader(folder: Path) -> None:
    source = SourceSettings(feishu_doc="doxcn123")
    _, report = read_all(source)
    assert "doxcn123" in str(report.errors[0])
    page = next(load([SourceSettings(path=folder)], Path("unused"), LoadReport()))
    report = LoadReport()
    read = load([source], Path("unused"), report, lambda source: [page, Unread("薪酬", "no permission")])
    assert list(read) == [page]
    assert [str(error) for error in report.errors] == ["doxcn123: 薪酬: no permission"]


@settings(max_examples=40, deadline=None)
@given(suffix=st.sampled_from(sorted(SUFFIXES - {".pdf", ".docx"})), raw=st.binary(max_size=300))
def test_no_bytes_break_a_reader(suffix: str, raw: bytes) -> None:
    with contextlib.suppress(LoadError):
        read(suffix, raw)


def test_what_stands_for_a_file_is_told_and_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "repo"
    (folder / "docs").mkdir(parents=True)
    (folder / "README.md").write_text("# Quay\n\nMoor here.\n", "utf-8")
    (folder / "docs" / "index.md").write_text("../README.md", "utf-8")
    (folder / "docs" / "away.md").write_text("../gone.md", "utf-8")
    (folder / "docs" / "plan.md").write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 12345\n", "utf-8"
    )
    report = LoadReport()
    read = {one.path for one in load([SourceSettings(path=folder)], tmp_path / "clones", report)}
    assert read == {"README.md", "docs/away.md"}
    told = "\n".join(map(str, report.errors))
    assert "docs/index.md: a link to ../README.md" in told
    assert "docs/plan.md: a Git LFS pointer" in told
