"""docx/v1/documents: a document, its blocks, a block's descendants, its plain text.

From docs/document/get.md, list.md, raw_content.md and docs/document-block/get-document-block-children.md.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from simulator.api.replies import ApiError, success
from simulator.library.asking import page_of
from simulator.library.shelves import DocxFile, Shelves
from simulator.types import Json


def docx_blueprint(shelves: Shelves) -> Blueprint:
    """The routes of docx/v1/documents that read."""
    docx = Blueprint("docx", __name__, url_prefix="/open-apis/docx/v1/documents")

    @docx.get("/<document_id>", endpoint="get")
    def get(document_id: str) -> Response:
        with shelves.lock:
            document = _readable(shelves, document_id)
            return success(
                {
                    "document": {
                        "document_id": document.token,
                        "revision_id": document.revision,
                        "title": document.title,
                        "display_setting": {"show_authors": True, "show_create_time": False},
                    }
                }
            )

    @docx.get("/<document_id>/blocks", endpoint="blocks")
    def blocks(document_id: str) -> Response:
        with shelves.lock:
            document = _readable(shelves, document_id)
            _newest(document)
            return _page(document.blocks)

    @docx.get("/<document_id>/blocks/<block_id>/children", endpoint="children")
    def children(document_id: str, block_id: str) -> Response:
        with shelves.lock:
            document = _readable(shelves, document_id)
            by_id = {block["block_id"]: block for block in document.blocks}
            if block_id not in by_id:
                raise ApiError(1770002, "not found", status=404)
            deep = request.args.get("with_descendants", "false") == "true"
            return _page([by_id[name] for name in _below(by_id, block_id, deep=deep)])

    @docx.get("/<document_id>/raw_content", endpoint="raw_content")
    def raw_content(document_id: str) -> Response:
        with shelves.lock:
            document = _readable(shelves, document_id)
            lines = [_words(shelves, block) for block in document.blocks]
        return success({"content": "\n".join(lines) + "\n"})

    return docx


def _readable(shelves: Shelves, document_id: str) -> DocxFile:
    if len(document_id) != 27:
        raise ApiError(1770001, "invalid param")
    document = shelves.documents.get(document_id)
    if document is None:
        raise ApiError(1770002, "not found", status=404)
    if document.deleted:
        raise ApiError(1770003, "resource deleted")
    if not document.permitted:
        raise ApiError(1770032, "forBidden", status=403)
    return document


def _newest(document: DocxFile) -> None:
    """Older revisions need the right to edit; the app here may only read."""
    wanted = request.args.get("document_revision_id", "-1")
    if wanted not in ("-1", str(document.revision)):
        raise ApiError(1770021, "too old document")


def _page(blocks: list[Json]) -> Response:
    page, following = page_of(blocks, ApiError(1770022, "invalid page token"), most=500, usual=500)
    data: Json = {"items": page, "has_more": bool(following)}
    return success(data | ({"page_token": following} if following else {}))


def _below(by_id: dict[str, Json], block_id: str, *, deep: bool) -> list[str]:
    names: list[str] = []
    for child in by_id[block_id].get("children", []):
        names.append(child)
        if deep:
            names += _below(by_id, child, deep=True)
    return names


def _words(shelves: Shelves, block: Json) -> str:
    held = next((value for value in block.values() if isinstance(value, dict) and "elements" in value), {})
    words = ""
    for element in held.get("elements", []):
        if "mention_user" in element:
            person = element["mention_user"]["user_id"]
            words += "@" + shelves.names.get(person, person)
        elif "mention_doc" in element:
            words += element["mention_doc"].get("title", "")
        else:
            words += element.get("text_run", element.get("equation", {})).get("content", "")
    return words
