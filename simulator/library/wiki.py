"""wiki/v2: a node and the nodes below it (wiki-v2/space-node/get_node.md, list.md)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from simulator.api.replies import ApiError, success
from simulator.library.asking import page_of
from simulator.library.shelves import Shelves, WikiNode
from simulator.types import Json

OBJ_TYPES = frozenset({"doc", "docx", "sheet", "mindnote", "bitable", "file", "slides", "wiki"})


def wiki_blueprint(shelves: Shelves) -> Blueprint:
    """The routes of wiki/v2/spaces."""
    wiki = Blueprint("wiki", __name__, url_prefix="/open-apis/wiki/v2/spaces")

    @wiki.get("/get_node", endpoint="get_node")
    def get_node() -> Response:
        token, obj_type = request.args.get("token", ""), request.args.get("obj_type", "wiki")
        if not token or len(token) > 999 or obj_type not in OBJ_TYPES:
            raise ApiError(131002, "param err: token or obj_type is invalid")
        with shelves.lock:
            node = _found(shelves, token, obj_type)
            if node is None:
                raise ApiError(131005, "not found: node not found")
            if node.space_id in shelves.closed or not node.visible:
                raise ApiError(
                    131006, "permission denied: node permission denied, tenant needs read permission."
                )
            return success({"node": described(shelves, node)})

    @wiki.get("/<space_id>/nodes", endpoint="nodes")
    def nodes(space_id: str) -> Response:
        parent = request.args.get("parent_node_token", "")
        with shelves.lock:
            _may_list(shelves, space_id, parent)
            refusal = ApiError(131002, "param err: page_size or page_token is invalid")
            page, following = page_of(shelves.children(space_id, parent), refusal, most=50, usual=20)
            # What the app may not read is taken out of the page that was cut: a page may be empty and not
            # the last one.
            data: Json = {
                "items": [described(shelves, node) for node in page if node.visible],
                "has_more": bool(following),
            }
        return success(data | ({"page_token": following} if following else {}))

    return wiki


def _found(shelves: Shelves, token: str, obj_type: str) -> WikiNode | None:
    if obj_type == "wiki":
        return shelves.nodes.get(token)
    mine = (n for n in shelves.nodes.values() if n.obj_token == token and n.obj_type == obj_type)
    return next(mine, None)


def _may_list(shelves: Shelves, space_id: str, parent: str) -> None:
    if space_id not in shelves.spaces:
        raise ApiError(131005, "not found: space not found")
    if space_id in shelves.closed:
        raise ApiError(
            131006, "permission denied: wiki space permission denied, tenant needs read permission."
        )
    if parent:
        node = shelves.nodes.get(parent)
        if node is None or node.space_id != space_id:
            raise ApiError(131005, "not found: node not found")
        if not (node.listable and node.visible):
            raise ApiError(131006, "permission denied: node permission denied, tenant needs read permission.")


def described(shelves: Shelves, node: WikiNode) -> Json:
    """A node as both routes give it."""
    origin = node.shortcut_of or node.node_token
    return {
        "space_id": node.space_id,
        "node_token": node.node_token,
        "obj_token": node.obj_token,
        "obj_type": node.obj_type,
        "parent_node_token": node.parent,
        "node_type": "shortcut" if node.shortcut_of else "origin",
        "origin_node_token": origin,
        "origin_space_id": node.space_id,
        "has_child": bool(shelves.children(node.space_id, node.node_token)),
        "title": node.title,
        "obj_create_time": str(node.edited),
        "obj_edit_time": str(node.edited),
        "node_create_time": str(node.edited),
        "creator": "ou_admin",
        "owner": "ou_admin",
        "node_creator": "ou_admin",
    }
