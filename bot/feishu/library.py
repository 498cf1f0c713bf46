"""Feishu's documents, read: wiki nodes, docx blocks, folders, sheets, bases.

The calls go through the same Caller as all others, so tokens, limits, retries and codes are one matter; but
they are plain requests, because lark-oapi's typed ones would load five more of its services (bot/feishu/sdk).
An outage of these interfaces is nobody's but the reader's: it is not written down for the bot's answers.
Paths, limits and shapes: wiki-v2, docs, drive-v1, sheets and bitable-v1 of Feishu's documents.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import requests
from redis import Redis

from bot.clock import SYSTEM, Clock
from bot.config.settings import FeishuSettings
from bot.errors import FeishuError
from bot.feishu.call import Caller
from bot.feishu.outage import Unheeded
from bot.feishu.pacing import Limit, Pacer
from bot.feishu.sdk import (
    AccessTokenType,
    BaseRequest,
    Config,
    HttpMethod,
    RawResponse,
    RequestOption,
    Transport,
)
from bot.feishu.token import TenantToken
from bot.feishu.transport import (
    SESSION,
    RefusedAnswer,
    UnreadableAnswer,
    install,
    read_body,
    read_bounded,
)
from bot.http_session import CONNECT_TIMEOUT, EndlessAnswer, TooLarge, read_whole

Json = dict[str, Any]
PATIENCE = 120.0
"""Seconds one call may wait for its turn and be tried again: limits are a hundred a minute."""
TIMEOUT = 20.0
DOWNLOAD_SECONDS = 300.0
"""For a whole file."""
MOST_PAGES = 2000
"""Pages of one list; what is longer is told as a fault rather than read for ever."""
_WIKI = Limit("documents:wiki", 100, gateway=True, seconds=60)
_DOCX = Limit("documents:docx", 5, gateway=True)
_DRIVE = Limit("documents:drive", 20, gateway=True)
_TABS = Limit("documents:tabs", 100, gateway=True, seconds=60)
_VALUES = Limit("documents:values", 50, gateway=True)
_FILES = Limit("documents:files", 5, gateway=True)
_DONE = b'{"code": 0}'
_REFUSED = {403: 1061004, 404: 1061003}
"""What an HTTP status of the download means where its body does not say (drive-v1/file/download)."""
_BASE = Limit("documents:base", 20, gateway=True)


class Raw:
    """A response that carries only its raw answer, as the SDK's typed ones do beside their fields."""

    def __init__(self, raw: Any) -> None:
        self.raw = raw


class FeishuLibrary:
    """Reads with the app's own rights. Every method raises FeishuError and redis.RedisError."""

    def __init__(self, settings: FeishuSettings, caller: Caller) -> None:
        install()
        self._caller = caller
        self._config = Config()
        self._config.app_id, self._config.domain = settings.app_id, settings.domain
        self._config.timeout, self._config.enable_set_token = TIMEOUT, True

    def node(self, token: str, obj_type: str = "wiki") -> Json:
        """A wiki node, by its own token or by its document's and that document's type."""
        queries = [("token", token)] + ([] if obj_type == "wiki" else [("obj_type", obj_type)])
        return _object(self._get("wiki.node", "wiki/v2/spaces/get_node", queries, _WIKI), "node")

    def nodes(self, space_id: str, parent: str = "") -> Iterator[Json]:
        """The nodes below a node, or the first level of a space."""
        queries = [("page_size", "50")] + ([("parent_node_token", parent)] if parent else [])
        return self._listed("wiki.nodes", f"wiki/v2/spaces/{_part(space_id)}/nodes", queries, _WIKI)

    def document(self, token: str) -> Json:
        """Title and revision_id of a document."""
        return _object(self._get("docx.get", f"docx/v1/documents/{_part(token)}", [], _DOCX), "document")

    def blocks(self, token: str) -> Iterator[Json]:
        """All blocks of a document."""
        path = f"docx/v1/documents/{_part(token)}/blocks"
        return self._listed("docx.blocks", path, [("page_size", "500")], _DOCX)

    def descendants(self, token: str, block: str) -> Iterator[Json]:
        """The blocks below a block."""
        path = f"docx/v1/documents/{_part(token)}/blocks/{_part(block)}/children"
        queries = [("page_size", "500"), ("with_descendants", "true")]
        return self._listed("docx.children", path, queries, _DOCX)

    def raw_content(self, token: str) -> str:
        """A document's plain text, in which mentions are written out."""
        path = f"docx/v1/documents/{_part(token)}/raw_content"
        return str(self._get("docx.raw_content", path, [], _DOCX).get("content") or "")

    def folder(self, token: str) -> Iterator[Json]:
        """The files of one folder, its subfolders among them."""
        queries = [("folder_token", token), ("page_size", "200")]
        return self._listed("drive.files", "drive/v1/files", queries, _DRIVE, items="files")

    def download(self, token: str, most: int) -> bytes:
        """An uploaded file's bytes. Raises FeishuError also for one of more than `most` bytes."""
        found = bytearray()

        def send(option: RequestOption) -> Any:
            found.clear()
            url = f"{self._config.domain}/open-apis/drive/v1/files/{_part(token)}/download"
            headers = {"Authorization": f"Bearer {option.tenant_access_token}"}
            answer = SESSION.get(
                url, headers=headers, timeout=(CONNECT_TIMEOUT, TIMEOUT), allow_redirects=False, stream=True
            )
            raw = RawResponse()
            raw.status_code, raw.headers, raw.content = answer.status_code, dict(answer.headers), _DONE
            if answer.status_code != 200:
                return Raw(_refusal(answer, raw))
            try:
                found.extend(read_whole(answer, most, DOWNLOAD_SECONDS))
            except TooLarge as error:
                raise FeishuError(0, f"larger than {most // 1_000_000} MB") from error
            except EndlessAnswer as error:
                raise FeishuError(0, str(error)) from error
            return Raw(raw)

        self._caller.call("drive.download", send, limits=(_FILES,), patience=PATIENCE)
        return bytes(found)

    def tabs(self, token: str) -> list[Json]:
        """The tabs of a spreadsheet."""
        path = f"sheets/v3/spreadsheets/{_part(token)}/sheets/query"
        return _objects(self._get("sheets.tabs", path, [], _TABS), "sheets")

    def values(self, token: str, tab: str) -> list[Any]:
        """The rows of one tab, calculated and formatted as they are shown."""
        path = f"sheets/v2/spreadsheets/{_part(token)}/values/{_part(tab)}"
        queries = [("valueRenderOption", "FormattedValue"), ("dateTimeRenderOption", "FormattedString")]
        found = _object(self._get("sheets.values", path, queries, _VALUES), "valueRange").get("values")
        return found if isinstance(found, list) else []

    def tables(self, token: str) -> Iterator[Json]:
        """The tables of a base."""
        path = f"bitable/v1/apps/{_part(token)}/tables"
        return self._listed("bitable.tables", path, [("page_size", "100")], _BASE)

    def records(self, token: str, table: str) -> Iterator[Json]:
        """The records of one table."""
        path = f"bitable/v1/apps/{_part(token)}/tables/{_part(table)}/records/search"
        return self._listed("bitable.records", path, [("page_size", "500")], _BASE, body={})

    def _listed(
        self,
        name: str,
        path: str,
        queries: list[tuple[str, str]],
        limit: Limit,
        *,
        items: str = "items",
        body: Json | None = None,
    ) -> Iterator[Json]:
        token = ""
        for _ in range(MOST_PAGES):
            asked = queries + ([("page_token", token)] if token else [])
            data = self._get(name, path, asked, limit, body)
            yield from _objects(data, items)
            following = str(data.get("page_token") or data.get("next_page_token") or "")
            if not data.get("has_more") or not following:
                return
            if following == token:
                break
            token = following
        raise FeishuError(0, f"{name}: the list does not end")

    def _get(
        self, name: str, path: str, queries: list[tuple[str, str]], limit: Limit, body: Json | None = None
    ) -> Json:
        def send(option: RequestOption) -> Any:
            request = BaseRequest()
            request.http_method = HttpMethod.GET if body is None else HttpMethod.POST
            request.uri = f"/open-apis/{path}"
            request.token_types = {AccessTokenType.TENANT}
            request.queries, request.body = list(queries), body
            return Raw(Transport.execute(self._config, request, option))

        data = self._caller.call(name, send, limits=(limit,), patience=PATIENCE).get("data")
        return data if isinstance(data, dict) else {}


def _refusal(answer: requests.Response, raw: RawResponse) -> RawResponse:
    """The answer with the body that Feishu sent, or with the code that its status stands for."""
    raw.content = read_bounded(answer)
    try:
        body = read_body(raw)
    except UnreadableAnswer:
        code = _REFUSED.get(answer.status_code)
        if code is None:
            raise
        body = {"code": code, "msg": ""}
    raise RefusedAnswer(body, dict(answer.headers), answer.status_code)


def open_library(settings: FeishuSettings, redis: Redis, clock: Clock = SYSTEM) -> FeishuLibrary:
    """The library of the configured app."""
    outages = Unheeded(redis, clock, clock.sleep)
    token = TenantToken(settings, redis, clock=clock, outages=outages)
    return FeishuLibrary(settings, Caller(token, Pacer(redis, clock=clock), outages, clock=clock))


def _part(name: str) -> str:
    """One part of a path; tokens come from links and from Feishu's answers."""
    return quote(name, safe="!:")


def _object(data: Json, name: str) -> Json:
    found = data.get(name)
    if not isinstance(found, dict):
        raise FeishuError(0, f"an answer without {name}", retriable=True)
    return found


def _objects(data: Json, name: str) -> list[Json]:
    found = data.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
