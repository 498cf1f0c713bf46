"""What the local Feishu keeps of documents, and the verbs by which tests and the demo write them.

A document is a list of blocks, as the API gives it. `permitted` says what the app may read of it; what it may
not read Feishu lists or hides as the API's pages say.
"""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field
from typing import Any

from simulator.tenant.clock import Clock
from simulator.tenant.state import Tenant
from simulator.types import Json

_LETTERS = string.ascii_letters + string.digits


def new_token(prefix: str = "") -> str:
    """A token of 27 characters, as documents and nodes have them."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(27 - len(prefix)))


@dataclass
class DocxFile:
    """A new-style document."""

    token: str
    title: str
    blocks: list[Json]
    revision: int = 1
    edited: int = 0
    """Unix seconds."""
    permitted: bool = True
    deleted: bool = False


@dataclass
class WikiNode:
    node_token: str
    space_id: str
    parent: str
    obj_type: str
    obj_token: str
    title: str
    edited: int
    listable: bool = True
    """False: children may not be listed (131006)."""
    visible: bool = True
    """False: left out of lists, as Feishu filters what an app may not read."""
    shortcut_of: str = ""


@dataclass
class SheetFile:
    token: str
    title: str
    tabs: dict[str, tuple[str, list[list[Any]]]]
    """sheet id -> title and rows."""
    merges: dict[str, list[Json]] = field(default_factory=dict)
    revision: int = 1
    permitted: bool = True


@dataclass
class BaseFile:
    token: str
    title: str
    tables: dict[str, tuple[str, list[Json]]]
    """table id -> name and the records' fields."""
    permitted: bool = True


@dataclass
class Folder:
    token: str
    files: list[Json] = field(default_factory=list)
    permitted: bool = True


class Shelves:
    """All documents of the tenant, guarded by its lock."""

    def __init__(self, tenant: Tenant, clock: Clock) -> None:
        self.lock = tenant.lock
        self.clock = clock
        self.spaces: dict[str, str] = {}
        """space id -> its name."""
        self.closed: set[str] = set()
        """Spaces that the app is no member of."""
        self.nodes: dict[str, WikiNode] = {}
        self.documents: dict[str, DocxFile] = {}
        self.sheets: dict[str, SheetFile] = {}
        self.bases: dict[str, BaseFile] = {}
        self.folders: dict[str, Folder] = {}
        self.uploads: dict[str, bytes | None] = {}
        """Uploaded files by token; None for one that the app may not read."""
        self.names: dict[str, str] = {}
        """open_id -> the name that a mention shows."""

    def now(self) -> int:
        """Unix seconds."""
        return self.clock.milliseconds() // 1000

    def add_space(self, name: str = "产品知识库") -> str:
        """Makes a wiki space; its id."""
        space_id = str(7_000_000_000_000_000_000 + secrets.randbelow(10**15))
        with self.lock:
            self.spaces[space_id] = name
        return space_id

    def add_document(self, title: str, content: str | list[Json] = "") -> DocxFile:
        """Makes a document from blocks, or from simple lines: "# heading", "- item", paragraphs."""
        token = new_token()
        blocks = content if isinstance(content, list) else blocks_from(token, title, content)
        document = DocxFile(token, title, blocks, edited=self.now())
        with self.lock:
            self.documents[token] = document
        return document

    def add_page(
        self, space_id: str, title: str, content: str | list[Json] = "", *, parent: str = ""
    ) -> WikiNode:
        """Makes a document and puts it into a wiki space."""
        return self.add_node(space_id, title, "docx", self.add_document(title, content).token, parent=parent)

    def add_node(
        self, space_id: str, title: str, obj_type: str, obj_token: str, *, parent: str = ""
    ) -> WikiNode:
        """Puts what exists, or a kind that has no text here, into a wiki space."""
        token = new_token("wikcn")
        node = WikiNode(token, space_id, parent, obj_type, obj_token, title, self.now())
        with self.lock:
            self.nodes[token] = node
        return node

    def add_shortcut(self, node: WikiNode, *, parent: str = "") -> WikiNode:
        """A second place of a node."""
        made = self.add_node(node.space_id, node.title, node.obj_type, node.obj_token, parent=parent)
        made.shortcut_of = node.node_token
        return made

    def edit(self, obj_token: str, content: str | list[Json], title: str = "") -> None:
        """Somebody edits a document: a new revision and a new time of the last edit."""
        with self.lock:
            document = self.documents[obj_token]
            document.title = title or document.title
            document.blocks = (
                content if isinstance(content, list) else blocks_from(obj_token, document.title, content)
            )
            document.revision += 1
            document.edited = max(self.now(), document.edited + 1)
            for node in self.nodes.values():
                if node.obj_token == obj_token:
                    node.title, node.edited = document.title, document.edited

    def remove(self, node_token: str) -> None:
        """Somebody deletes a node, with what stands under it."""
        with self.lock:
            for child in [node for node in self.nodes.values() if node.parent == node_token]:
                self.remove(child.node_token)
            node = self.nodes.pop(node_token)
            if node.obj_token in self.documents and not node.shortcut_of:
                self.documents[node.obj_token].deleted = True

    def add_sheet(self, title: str, tabs: dict[str, list[list[Any]]]) -> SheetFile:
        """Makes a spreadsheet; `tabs`: title -> rows."""
        ids = {
            f"s{number}{secrets.token_hex(2)}": (name, rows)
            for number, (name, rows) in enumerate(tabs.items())
        }
        sheet = SheetFile(new_token(), title, ids)
        with self.lock:
            self.sheets[sheet.token] = sheet
        return sheet

    def add_base(self, title: str, tables: dict[str, list[Json]]) -> BaseFile:
        """Makes a base; `tables`: name -> the records' fields."""
        ids = {f"tbl{secrets.token_hex(6)}": (name, rows) for name, rows in tables.items()}
        base = BaseFile(new_token(), title, ids)
        with self.lock:
            self.bases[base.token] = base
        return base

    def add_folder(self) -> Folder:
        """Makes a folder of the drive."""
        folder = Folder(new_token("fldcn"))
        with self.lock:
            self.folders[folder.token] = folder
        return folder

    def put(self, folder: Folder, name: str, kind: str, token: str) -> Json:
        """Puts a document, another folder or a file into a folder."""
        moment = str(self.now())
        path = {"docx": "docx", "sheet": "sheets", "bitable": "base", "folder": "drive/folder"}.get(
            kind, "file"
        )
        listed = {
            "token": token,
            "name": name,
            "type": kind,
            "parent_token": folder.token,
            "url": f"https://example.feishu.cn/{path}/{token}",
            "created_time": moment,
            "modified_time": moment,
            "owner_id": "ou_admin",
        }
        with self.lock:
            folder.files.append(listed)
        return listed

    def children(self, space_id: str, parent: str) -> list[WikiNode]:
        """The nodes under a node, or the first level of a space; the caller holds the lock."""
        return [node for node in self.nodes.values() if node.space_id == space_id and node.parent == parent]


def text_block(block_id: str, number: int, kind: str, words: str, parent: str) -> Json:
    """A block that holds one run of text."""
    elements = [{"text_run": {"content": words, "text_element_style": {}}}]
    return {
        "block_id": block_id,
        "block_type": number,
        kind: {"elements": elements, "style": {"align": 1, "folded": False}},
        "parent_id": parent,
        "children": [],
    }


def blocks_from(token: str, title: str, lines: str) -> list[Json]:
    """Simple lines as a document's blocks; the page's id is the document's token, as in Feishu."""
    page = text_block(token, 1, "page", title, "")
    blocks = [page]
    for line in filter(None, (line.strip() for line in lines.splitlines())):
        level = len(line) - len(line.lstrip("#"))
        if 0 < level < 10 and line[level:].startswith(" "):
            made = text_block(new_token(), 2 + level, f"heading{level}", line[level:].strip(), token)
        elif line.startswith("- "):
            made = text_block(new_token(), 12, "bullet", line[2:], token)
        else:
            made = text_block(new_token(), 2, "text", line, token)
        page["children"].append(made["block_id"])
        blocks.append(made)
    return blocks
