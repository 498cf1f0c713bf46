"""Feishu as a source, over the local Feishu: what is read, what is not fetched again, what is named."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bot.config.settings import Settings, SourceSettings
from bot.errors import LoadError
from index.sources.asked import Asked, Unread
from index.sources.load import LoadReport, load
from index.text.document import Document
from simulator import LocalFeishu
from simulator.library.shelves import Shelves
from tests.feishu_caller import Caller
from worker.sources.feishu_text import Contents, Text


class Reading:
    """A source read again and again, as a build does."""

    def __init__(self, local: LocalFeishu, redis_url: str, folder: Path) -> None:
        self.local = local
        self.settings = Settings(
            feishu={"app_id": local.app.app_id, "app_secret": local.app.app_secret, "domain": local.url},  # type: ignore[arg-type]
            redis={"url": redis_url},  # type: ignore[arg-type]
            index={"dir": folder},  # type: ignore[arg-type]
        )

    def read(self, **source: Any) -> tuple[dict[str, Document], dict[str, str]]:
        """Documents by path, and what could not be read with why."""
        found = list(Asked(self.settings)(SourceSettings(**source)))
        return (
            {one.path: one for one in found if isinstance(one, Document)},
            {one.path: one.why for one in found if isinstance(one, Unread)},
        )

    def fetched(self) -> int:
        return len(self.local.calls("docx.blocks"))


@pytest.fixture
def reading(local: LocalFeishu, redis: Redis, redis_url: str, tmp_path: Path) -> Reading:
    local.shelves.now = lambda: 1_700_000_000  # type: ignore[method-assign]
    return Reading(local, redis_url, tmp_path / "index")


@pytest.fixture
def shelves(local: LocalFeishu) -> Shelves:
    return local.shelves


@pytest.mark.slow
def test_a_wiki_space_is_read_with_all_levels_and_links_back(reading: Reading, shelves: Shelves) -> None:
    space = shelves.add_space()
    top = shelves.add_page(space, "安装", "# 步骤\n运行 `harbor init`。")
    below = shelves.add_page(space, "在 Windows 上/离线", "- 先下载安装包", parent=top.node_token)
    shelves.add_shortcut(below)
    for number in range(23):
        shelves.add_page(space, f"常见问题 {number}", f"第 {number} 个问题的回答。")
    pages, unread = reading.read(feishu_wiki=space, url="https://acme.feishu.cn", name="wiki")
    assert unread == {}
    assert len(pages) == 25
    page = pages["安装/在 Windows 上／离线"]
    assert page.text == "# 在 Windows 上/离线\n\n- 先下载安装包\n"
    assert (page.source, page.title) == ("wiki", "在 Windows 上/离线")
    assert page.url == f"https://acme.feishu.cn/wiki/{below.node_token}"
    assert page.updated_at == 1_700_000_000


def test_only_pages_that_were_edited_are_fetched_again(reading: Reading, shelves: Shelves) -> None:
    space = shelves.add_space()
    pages = [shelves.add_page(space, f"页 {number}", "旧") for number in range(4)]
    reading.read(feishu_wiki=space)
    assert reading.fetched() == 4
    shelves.edit(pages[2].obj_token, "新的一句")
    shelves.remove(pages[0].node_token)
    found, _ = reading.read(feishu_wiki=space)
    assert reading.fetched() == 5
    assert sorted(found) == ["页 1", "页 2", "页 3"]
    assert "新的一句" in found["页 2"].text


def test_pages_that_another_release_kept_are_fetched_again(reading: Reading, shelves: Shelves) -> None:
    space = shelves.add_space()
    shelves.add_page(space, "页", "字")
    first, _ = reading.read(feishu_wiki=space)
    (file,) = (reading.settings.index.dir / "sources").glob("asked-*.sqlite")
    with closing(sqlite3.connect(file)) as database:
        database.execute('UPDATE kept SET document = \'{"title": "页", "novel": 1}\'')
        database.commit()
    assert reading.read(feishu_wiki=space)[0]["页"].text == first["页"].text
    assert reading.fetched() == 2


def test_an_edit_in_the_second_of_the_reading_is_not_missed(reading: Reading, shelves: Shelves) -> None:
    del shelves.now  # type: ignore[misc]
    space = shelves.add_space()
    page = shelves.add_page(space, "页", "旧")
    reading.read(feishu_wiki=space)
    shelves.documents[page.obj_token].blocks[1]["text"]["elements"][0]["text_run"]["content"] = "新"
    found, _ = reading.read(feishu_wiki=space)
    assert "新" in found["页"].text


def test_pages_without_permission_and_kinds_without_text_are_named(
    reading: Reading, shelves: Shelves
) -> None:
    space = shelves.add_space()
    shelves.add_page(space, "公开", "谁都能读")
    secret = shelves.add_page(space, "薪酬", "保密")
    shelves.documents[secret.obj_token].permitted = False
    closed = shelves.add_page(space, "内部", "能读")
    shelves.add_page(space, "下级", "看不到", parent=closed.node_token)
    closed.listable = False
    shelves.add_node(space, "脑图", "mindnote", "bmn1")
    shelves.add_node(space, "旧文档", "doc", "doc1")
    pages, unread = reading.read(feishu_wiki=space)
    assert sorted(pages) == ["公开", "内部"]
    assert "no permission" in unread["薪酬"]
    assert "1770032" in unread["薪酬"]
    assert "131006" in unread["内部/"]
    assert "mind note" in unread["脑图"]
    assert "convert" in unread["旧文档"]


@pytest.mark.parametrize(
    ("closed", "code"), [(True, "131006"), (False, "131005")], ids=["not a member", "no such space"]
)
def test_a_space_that_cannot_be_read_says_why(
    reading: Reading, shelves: Shelves, closed: bool, code: str
) -> None:
    space = shelves.add_space() if closed else "7000000000000000001"
    shelves.closed.add(space)
    with pytest.raises(LoadError, match=code):
        reading.read(feishu_wiki=space)


def test_a_missing_scope_is_named(reading: Reading, shelves: Shelves) -> None:
    space = shelves.add_space()
    shelves.add_page(space, "页", "字")
    reading.local.tenant.scopes.remove("docx:document:readonly")
    with pytest.raises(LoadError, match="docx:document:readonly"):
        reading.read(feishu_wiki=space)


def test_a_folder_with_subfolders_sheets_and_bases(reading: Reading, shelves: Shelves) -> None:
    folder, inner = shelves.add_folder(), shelves.add_folder()
    document = shelves.add_document("排障", "先看日志")
    sheet = shelves.add_sheet("端口表", {"生产": [["服务", "端口"], ["网关", 443.0], [None, 8443]], "空": []})
    name = next(iter(sheet.tabs))
    sheet.merges[name] = [
        {"start_row_index": 1, "end_row_index": 2, "start_column_index": 0, "end_column_index": 0}
    ]
    people = [{"name": "黄泡泡", "id": "ou_1"}]
    rows = [
        {
            "问题": [{"text": "启动失败", "type": "text"}],
            "负责人": people,
            "截止日期": 1675440000000,
            "完成": True,
        }
    ]
    base = shelves.add_base("工单", {"工单": rows})
    shelves.put(folder, "排障", "docx", document.token)
    shelves.put(folder, "子目录", "folder", inner.token)
    shelves.put(inner, "端口表", "sheet", sheet.token)
    shelves.put(inner, "工单", "bitable", base.token)
    shelves.put(inner, "上级", "folder", folder.token)
    pages, unread = reading.read(feishu_folder=f"https://acme.feishu.cn/drive/folder/{folder.token}")
    assert unread == {}
    assert sorted(pages) == ["子目录/工单", "子目录/端口表", "排障"]
    assert (
        "## 生产\n\n| 服务 | 端口 |\n| --- | --- |\n| 网关 | 443 |\n| 网关 | 8443 |"
        in pages["子目录/端口表"].text
    )
    assert "| 启动失败 | 黄泡泡 | 2023-02-04 | ✓ |" in pages["子目录/工单"].text
    assert pages["子目录/工单"].title == "工单"


@pytest.mark.slow
def test_uploaded_files_are_fetched_once_and_read_like_any_file(
    reading: Reading, shelves: Shelves, tmp_path: Path
) -> None:
    folder = shelves.add_folder()
    for name, content in (
        ("手册.md", "# 手册\n\n端口是 7070。".encode()),
        ("锁着.pdf", None),
        ("图.psd", b"8BPS\xff"),
    ):
        token = f"box{len(shelves.uploads)}"
        shelves.uploads[token] = content
        shelves.put(folder, name, "file", token)
    source = SourceSettings(feishu_folder=folder.token, name="drive")
    for _ in range(2):
        report = LoadReport()
        (page,) = load([source], tmp_path, report, Asked(reading.settings))
        assert (page.source, page.path, page.title) == ("drive", "手册.md", "手册")
        assert page.url == "https://example.feishu.cn/file/box0"
        assert "端口是 7070" in page.text
        said = sorted(map(str, report.errors))
        assert said[0].startswith("drive: 图.psd: an uploaded file of a format that is not read: .psd")
        assert said[1].startswith("drive: 锁着.pdf: 1061004: no permission")
    assert len(list((reading.settings.index.dir / "sources" / "feishu-files").iterdir())) == 1
    folder.files.pop(0)
    list(load([source], tmp_path, LoadReport(), Asked(reading.settings)))
    assert not list((reading.settings.index.dir / "sources" / "feishu-files").iterdir())
    downloads = [call for call in reading.local.calls("drive.download") if call.status == 200]
    assert len(downloads) == 1


def test_one_link_reads_one_document_and_what_it_embeds(reading: Reading, shelves: Shelves) -> None:
    sheet = shelves.add_sheet("内嵌", {"一": [["键", "值"], ["端口", 7070]]})
    source = shelves.add_document("源文档", "同步块里的话")
    document = shelves.add_document("总览", "开头")
    tab = next(iter(sheet.tabs))
    for number, kind, data in (
        (30, "sheet", {"token": f"{sheet.token}_{tab}"}),
        (50, "reference_synced", {"source_document_id": source.token, "source_block_id": source.token}),
        (18, "bitable", {"token": "basegone_tblgone"}),
    ):
        document.blocks[0]["children"].append(kind)
        document.blocks.append(
            {"block_id": kind, "block_type": number, kind: data, "parent_id": document.token}
        )
    shelves.names["ou_1"] = "张敏"
    mention = {"elements": [{"text_run": {"content": "问 "}}, {"mention_user": {"user_id": "ou_1"}}]}
    document.blocks[0]["children"].append("m")
    document.blocks.append({"block_id": "m", "block_type": 2, "text": mention, "parent_id": document.token})
    link = f"https://acme.feishu.cn/docx/{document.token}?from=space"
    pages, unread = reading.read(feishu_doc=link)
    text = pages["总览"].text
    assert pages["总览"].url == f"https://acme.feishu.cn/docx/{document.token}"
    assert "| 端口 | 7070 |" in text
    assert "同步块里的话" in text
    assert "问 @张敏" in text
    assert "base" in unread["总览 #"]
    sheet.tabs[tab][1][1][1] = 7071  # the document itself is not edited by that
    assert "| 端口 | 7071 |" in reading.read(feishu_doc=link)[0]["总览"].text


def test_more_pages_than_a_second_allows_are_read_in_time(reading: Reading, shelves: Shelves) -> None:
    space = shelves.add_space()
    for number in range(8):
        shelves.add_page(space, f"页 {number}", f"字 {number}")
    pages, unread = reading.read(feishu_wiki=space)
    assert (len(pages), unread) == (8, {})
    assert {call.code for call in reading.local.calls("docx")} == {0}


def test_a_link_of_another_kind_is_refused_with_what_is_wanted(reading: Reading) -> None:
    with pytest.raises(LoadError, match="no link of a Feishu wiki"):
        reading.read(feishu_doc="https://acme.feishu.cn/minutes/obcn123")
    with pytest.raises(LoadError, match="wants a space or a wiki page"):
        reading.read(feishu_wiki="https://acme.feishu.cn/docx/doxcn123")


def test_the_local_feishu_refuses_what_feishu_refuses(caller: Caller, shelves: Shelves) -> None:
    space, document = shelves.add_space(), shelves.add_document("文", "字")
    hidden = shelves.add_page(space, "隐", "藏")
    hidden.visible = False

    def code(path: str) -> tuple[int, int]:
        answer = caller.send("GET", path)
        return answer.status_code, answer.json()["code"]

    assert code(f"/wiki/v2/spaces/{space}/nodes?page_size=51") == (400, 131002)
    assert code("/wiki/v2/spaces/1/nodes") == (400, 131005)
    assert code(f"/wiki/v2/spaces/get_node?token={hidden.node_token}") == (400, 131006)
    assert code("/docx/v1/documents/short") == (400, 1770001)
    assert code(f"/docx/v1/documents/{'x' * 27}") == (404, 1770002)
    assert code(f"/docx/v1/documents/{document.token}/blocks?page_token=zz") == (400, 1770022)
    assert code(f"/docx/v1/documents/{document.token}/blocks?document_revision_id=9") == (400, 1770021)
    assert code("/drive/v1/files?folder_token=none") == (404, 1061003)
    assert code("/sheets/v3/spreadsheets/none/sheets/query") == (400, 1310214)
    assert code("/bitable/v1/apps/none/tables") == (200, 1254040)
    listed = caller.call("GET", f"/wiki/v2/spaces/{space}/nodes")["data"]
    assert listed == {"items": [], "has_more": False}
    codes = [code(f"/docx/v1/documents/{document.token}")[1] for _ in range(7)]
    assert codes.count(99991400) >= 1


def test_an_answer_of_a_shape_that_nobody_foresaw_is_one_page_s_fault(
    reading: Reading, shelves: Shelves, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = shelves.add_space()
    odd = shelves.add_page(space, "odd", "One.")
    shelves.add_page(space, "good", "Two.")
    whole = Contents.of

    def of(contents: Contents, kind: str, token: str) -> Text:
        if token == odd.obj_token:
            return Text("", [7][token])  # type: ignore[call-overload]
        return whole(contents, kind, token)

    monkeypatch.setattr(Contents, "of", of)
    pages, unread = reading.read(feishu_wiki=space)
    assert list(pages) == ["good"]
    assert "odd" in unread
    assert "no docx as it describes one" in unread["odd"]
