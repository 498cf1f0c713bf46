"""A Feishu document's blocks become Markdown with every word a reader sees, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from index.sources.feishu.blocks import names_in, people_in, to_markdown


def run(text: str, **style: Any) -> dict[str, Any]:
    return {"text_run": {"content": text, "text_element_style": style}}


def words(*elements: Any, **style: Any) -> dict[str, Any]:
    return {"elements": [run(one) if isinstance(one, str) else one for one in elements], "style": style}


class Doc:
    """Blocks with ids of their own, below a page."""

    def __init__(self, title: str = "部署手册") -> None:
        self.blocks: list[dict[str, Any]] = [
            {"block_id": "page", "block_type": 1, "page": words(title), "children": []}
        ]

    def add(self, number: int, kind: str, data: Any, parent: str = "page") -> str:
        name = f"b{len(self.blocks)}"
        self.blocks.append(
            {"block_id": name, "block_type": number, kind: data, "children": [], "parent_id": parent}
        )
        next(b for b in self.blocks if b["block_id"] == parent)["children"].append(name)
        return name


def test_headings_lists_code_and_quotes() -> None:
    doc = Doc()
    doc.add(3, "heading1", words("安装"))
    first = doc.add(12, "bullet", words("装好 ", run("uv", inline_code=True)))
    doc.add(12, "bullet", words("再装 Python"), first)
    doc.add(13, "ordered", words("停服务", sequence="1"))
    doc.add(13, "ordered", words("换文件", sequence="auto"))
    doc.add(17, "todo", words("备份", done=True))
    doc.add(17, "todo", words("通知大家"))
    doc.add(14, "code", words("echo '```'\nls | wc", language=7))
    doc.add(15, "quote", words("别在白天做\n真的别"))
    doc.add(22, "divider", {})
    callout = doc.add(19, "callout", {"emoji_id": "warning"})
    doc.add(2, "text", words("先读这一段"), callout)
    assert to_markdown(doc.blocks).text == (
        "# 部署手册\n\n## 安装\n\n- 装好 `uv`\n  - 再装 Python\n1. 停服务\n2. 换文件\n"
        "- [x] 备份\n- [ ] 通知大家\n\n"
        "````bash\necho '```'\nls | wc\n````\n\n> 别在白天做\n> 真的别\n\n> 先读这一段\n"
    )


def test_links_mentions_equations_and_struck_words() -> None:
    doc = Doc()
    doc.add(
        2,
        "text",
        words(
            "见 ",
            run("端口表", bold=True, link={"url": "https%3A%2F%2Fx.feishu.cn%2Fwiki%2Fa%20b(1)"}),
            "，",
            {"mention_doc": {"title": "发布流程", "url": "https://x.feishu.cn/docx/d1", "obj_type": 22}},
            "：",
            {"equation": {"content": "E=mc^2\n"}},
            " ",
            run("8080", strikethrough=True),
            run("9090"),
            {"reminder": {"expire_time": 1700000000000, "is_whole_day": True}},
        ),
    )
    text = to_markdown(doc.blocks).text
    assert "[发布流程](https://x.feishu.cn/docx/d1)：$E=mc^2$ ~~8080~~90902023-11-15" in text
    assert "**" not in text


def test_the_names_of_mentioned_people_come_from_the_plain_text() -> None:
    doc = Doc()
    doc.add(
        2,
        "text",
        words("找 ", {"mention_user": {"user_id": "ou_1"}}, " 或 ", {"mention_user": {"user_id": "ou_2"}}),
    )
    assert people_in(doc.blocks) == {"ou_1", "ou_2"}
    names = names_in(doc.blocks, "部署手册\n找 @张敏 或 @Min Li\n别的\n")
    assert names == {"ou_1": "张敏", "ou_2": "Min Li"}
    assert "找 @张敏 或 @Min Li" in to_markdown(doc.blocks, people=names).text


def test_a_merged_cell_is_said_in_every_row_it_covers() -> None:
    doc = Doc()
    table = doc.add(31, "table", {"property": {"row_size": 3, "column_size": 2}})
    cells = []
    for text in ("组件", "端口", "网关", "80", "", "443|8443"):
        cells.append(doc.add(32, "table_cell", {}, table))
        doc.add(2, "text", words(text), cells[-1])
    block = next(b for b in doc.blocks if b["block_id"] == table)
    merges = [{"row_span": 1, "col_span": 1}] * 2 + [{"row_span": 2, "col_span": 1}] + [{}] * 3
    block["table"].update(cells=cells, property={**block["table"]["property"], "merge_info": merges})
    assert (
        "| 组件 | 端口 |\n| --- | --- |\n| 网关 | 80 |\n| 网关 | 443\\|8443 |" in to_markdown(doc.blocks).text
    )


def test_columns_files_captions_and_what_is_embedded() -> None:
    doc = Doc()
    grid = doc.add(24, "grid", {"column_size": 2})
    for text in ("左栏", "右栏"):
        doc.add(2, "text", words(text), doc.add(25, "grid_column", {}, grid))
    view = doc.add(33, "view", {"view_type": 1})
    doc.add(23, "file", {"name": "拓扑.pdf", "token": "t"}, view)
    doc.add(27, "image", {"token": "t", "caption": {"content": "机房照片"}})
    doc.add(30, "sheet", {"token": "sht_tab"})
    doc.add(18, "bitable", {"token": "app_tbl"})
    doc.add(50, "reference_synced", {"source_block_id": "sb", "source_document_id": "sd"})
    doc.add(43, "board", {"token": "t"})
    asked: list[tuple[str, str]] = []

    def embedded(kind: str, token: str) -> str:
        asked.append((kind, token))
        return f"（{kind}）"

    read = to_markdown(doc.blocks, embedded)
    assert asked == [("sheet", "sht_tab"), ("bitable", "app_tbl"), ("synced", "sd/sb")]
    for said in ("左栏", "右栏", "拓扑.pdf", "机房照片", "（sheet）", "（bitable）", "（synced）"):
        assert read.text.count(said) == 1
    assert read.embeds
    assert read.unread == {"board": 1}


def test_blocks_that_no_page_reaches_and_circles_are_still_read() -> None:
    blocks: list[Any] = [
        {"block_id": "p", "block_type": 1, "page": words("题"), "children": ["a", "gone", 7]},
        {"block_id": "a", "block_type": 2, "text": words("甲"), "children": ["p", "a"]},
        {"block_id": "c", "block_type": 2, "text": words("乙"), "children": ["d"], "parent_id": "d"},
        {"block_id": "d", "block_type": 2, "text": words("丙"), "children": ["c"], "parent_id": "c"},
        {"block_id": "e", "block_type": 777, "novel": words("丁"), "parent_id": "x"},
        "no block",
        {"block_type": 2},
    ]
    text = to_markdown(blocks).text
    assert all(text.count(word) == 1 for word in "题甲乙丙丁")


def test_a_paragraph_that_looks_like_markup_stays_a_paragraph() -> None:
    doc = Doc()
    doc.add(2, "text", words("# 不是标题\n``` 不是代码"))
    assert "\\# 不是标题\n\\``` 不是代码" in to_markdown(doc.blocks).text


def test_a_table_in_a_cell_is_read_without_its_lines() -> None:
    doc = Doc()
    outer = doc.add(31, "table", {"property": {"row_size": 2, "column_size": 1}})
    head, cell = (doc.add(32, "table_cell", {}, outer) for _ in range(2))
    doc.add(2, "text", words("组件"), head)
    doc.add(2, "text", words("网关：| 见下 |"), cell)
    inner = doc.add(31, "table", {"property": {"row_size": 2, "column_size": 2}}, cell)
    for text in ("端口", "协议", "443", "a|b"):
        doc.add(2, "text", words(text), doc.add(32, "table_cell", {}, inner))
    text = to_markdown(doc.blocks).text
    assert text == "# 部署手册\n\n| 组件 |\n| --- |\n| 网关：\\| 见下 \\| 端口, 协议 443, a\\|b |\n"


@pytest.mark.parametrize("parent", [None, [], ["p"], {"a": 1}, 7])
def test_a_parent_may_be_anything(parent: object) -> None:
    lost = {"block_id": "a", "block_type": 2, "text": words("甲"), "parent_id": parent}
    assert to_markdown([{"block_id": "p", "block_type": 1, "page": words("题")}, lost]).text == "# 题\n\n甲\n"
