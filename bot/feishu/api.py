"""The Open API calls Fennel makes, one method each, over lark-oapi's typed requests.

Nothing is decided here: a method says which request it is, which limits it falls under and what comes out of
the response. Limits: bot/feishu/pacing.py. Refusals: bot/feishu/codes.py. Card operations take a `sequence`
that must rise with every attempt on a card (cardkit-v1), so each attempt draws a new one from `sequence`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from bot.config.settings import FeishuSettings
from bot.errors import FeishuError
from bot.feishu.call import Caller
from bot.feishu.pacing import card_limit, chat_limit, interface_limit, message_limit
from bot.feishu.sdk import (
    AccessTokenType,
    BaseRequest,
    Card,
    CardkitV1,
    Config,
    ContentCardElementRequest,
    ContentCardElementRequestBody,
    CreateCardRequest,
    CreateCardRequestBody,
    CreateMessageReactionRequest,
    CreateMessageReactionRequestBody,
    CreateMessageRequest,
    CreateMessageRequestBody,
    DeleteMessageRequest,
    Emoji,
    GetMessageRequest,
    HttpMethod,
    ImV1,
    ListMessageRequest,
    PatchMessageRequest,
    PatchMessageRequestBody,
    RawResponse,
    ReplyMessageRequest,
    ReplyMessageRequestBody,
    RequestOption,
    SettingsCardRequest,
    SettingsCardRequestBody,
    Transport,
    UpdateCardRequest,
    UpdateCardRequestBody,
)
from bot.feishu.transport import download, install

TIMEOUT = 10.0
"""Seconds Feishu may take for one answer."""
MOST_PAGES = 10
"""Pages of 50 messages that are looked through for a reply that was not confirmed."""
FRAME_TIMEOUT = 3.0
"""The same for one frame of a stream: the next frame makes up for a lost one."""

Card2 = dict[str, Any]
"""A card, JSON 2.0."""


class FeishuAPI:
    """The calls of one app. Every method raises FeishuError, MessageGone among them."""

    def __init__(self, settings: FeishuSettings, caller: Caller) -> None:
        install()
        self._caller = caller
        self._config = _config(settings, TIMEOUT)
        self._im = ImV1(self._config)
        self._cardkit = CardkitV1(self._config)
        self._frames = CardkitV1(_config(settings, FRAME_TIMEOUT))

    def bot_open_id(self) -> str:
        """The bot's own open_id (bot/v3/info)."""
        bot = self._get("bot.info", "/open-apis/bot/v3/info").get("bot")
        return _field(bot if isinstance(bot, dict) else {}, "open_id")

    def granted_scopes(self) -> frozenset[str]:
        """The scopes the tenant has granted the app (application/v6/scopes: grant_status 1)."""
        scopes = _data(self._get("application.scopes", "/open-apis/application/v6/scopes")).get("scopes")
        listed = [scope for scope in scopes or () if isinstance(scope, dict)]
        return frozenset(str(scope.get("scope_name")) for scope in listed if scope.get("grant_status") == 1)

    def _get(self, name: str, path: str) -> dict[str, Any]:
        """A call for which the SDK that is loaded here has no typed request."""

        def send(option: RequestOption) -> Any:
            request = BaseRequest()
            request.http_method, request.uri = HttpMethod.GET, path
            request.token_types = {AccessTokenType.TENANT}
            return _Raw(Transport.execute(self._config, request, option))

        return self._caller.call(name, send)

    def reply(
        self, message_id: str, content: dict[str, Any], *, uuid: str, in_thread: bool, chat_id: str
    ) -> dict[str, Any]:
        """Replies with an interactive message; `content` is a card or {"type": "card", ...}."""

        def send(option: RequestOption) -> Any:
            body = ReplyMessageRequestBody.builder().msg_type("interactive").content(_text(content))
            body = body.reply_in_thread(in_thread).uuid(uuid).build()
            request = ReplyMessageRequest.builder().message_id(message_id).request_body(body).build()
            return self._im.message.reply(request, option)

        limits = (interface_limit("reply"), *((chat_limit(chat_id),) if chat_id else ()))
        return _data(self._caller.call("im.message.reply", send, limits=limits))

    def create(self, chat_id: str, content: dict[str, Any], *, uuid: str) -> dict[str, Any]:
        """Sends an interactive message into a chat."""

        def send(option: RequestOption) -> Any:
            body = CreateMessageRequestBody.builder().receive_id(chat_id).msg_type("interactive")
            body = body.content(_text(content)).uuid(uuid).build()
            request = CreateMessageRequest.builder().receive_id_type("chat_id").request_body(body).build()
            return self._im.message.create(request, option)

        limits = (interface_limit("create"), chat_limit(chat_id))
        return _data(self._caller.call("im.message.create", send, limits=limits))

    def patch(self, message_id: str, card: Card2, *, patience: float | None = None) -> None:
        """Replaces the card of a message that was sent with its JSON."""

        def send(option: RequestOption) -> Any:
            body = PatchMessageRequestBody.builder().content(_text(card)).build()
            request = PatchMessageRequest.builder().message_id(message_id).request_body(body).build()
            return self._im.message.patch(request, option)

        limits = (interface_limit("patch"), message_limit(message_id))
        self._caller.call("im.message.patch", send, limits=limits, patience=patience)

    def delete(self, message_id: str) -> None:
        """Recalls a message of the bot's own."""

        def send(option: RequestOption) -> Any:
            return self._im.message.delete(
                DeleteMessageRequest.builder().message_id(message_id).build(), option
            )

        self._caller.call("im.message.delete", send)

    def get(self, message_id: str) -> dict[str, Any]:
        """The message as the platform has it (im-v1/message/get); {} when it lists none."""

        def send(option: RequestOption) -> Any:
            return self._im.message.get(GetMessageRequest.builder().message_id(message_id).build(), option)

        items = _objects(_data(self._caller.call("im.message.get", send)), "items")
        return items[0] if items else {}

    def forwarded(self, message_id: str) -> list[dict[str, Any]]:
        """The messages inside a forwarded chat, in order (im-v1/message/get: those with upper_message_id)."""

        def send(option: RequestOption) -> Any:
            return self._im.message.get(GetMessageRequest.builder().message_id(message_id).build(), option)

        items = _objects(_data(self._caller.call("im.message.get", send)), "items")
        return [item for item in items if item.get("message_id") != message_id]

    def resource(self, message_id: str, key: str, kind: str) -> bytes:
        """The bytes of a picture ('image') or of anything else ('file') in a message
        (im-v1/message/get-message-resource). Raises FileTooLarge too."""
        found: list[bytes] = []

        def send(option: RequestOption) -> Any:
            request = BaseRequest()
            request.http_method = HttpMethod.GET
            request.uri = "/open-apis/im/v1/messages/:message_id/resources/:file_key"
            request.paths = {"message_id": message_id, "file_key": key}
            request.queries = [("type", kind)]
            request.token_types = {AccessTokenType.TENANT}
            found.append(download(self._config, request, option))
            raw = RawResponse()
            raw.status_code, raw.headers, raw.content = 200, {}, b'{"code":0}'
            return _Raw(raw)

        self._caller.call("im.message_resource.get", send)
        return found[-1]

    def replies(self, message_id: str, since: float) -> list[dict[str, Any]]:
        """What may answer a message: the messages of its thread, or the replies to it in its chat.

        `since` in Unix seconds bounds what is listed of a chat.
        """
        message = self.get(message_id)
        thread = str(message.get("thread_id") or "")
        container = thread or str(message.get("chat_id") or "")
        found: list[dict[str, Any]] = []
        page = ""
        for _ in range(MOST_PAGES):
            body = self._list_page(container, page, in_thread=bool(thread), since=since)
            found += _objects(body, "items")
            page = str(body.get("page_token") or "")
            if not page or not body.get("has_more"):
                break
        return [item for item in found if thread or item.get("parent_id") == message_id]

    def _list_page(self, container: str, page: str, *, in_thread: bool, since: float) -> dict[str, Any]:
        """One page of a thread or a chat, newest first: what was sent a moment ago is on the first."""

        def send(option: RequestOption) -> Any:
            request = ListMessageRequest.builder().container_id_type("thread" if in_thread else "chat")
            request = request.container_id(container).page_size(50).sort_type("ByCreateTimeDesc")
            if page:
                request = request.page_token(page)
            if not in_thread:
                request = request.start_time(int(since))
            return self._im.message.list(request.build(), option)

        return _data(self._caller.call("im.message.list", send))

    def react(self, message_id: str, emoji: str) -> str:
        """Adds a reaction; returns its id."""

        def send(option: RequestOption) -> Any:
            reaction = Emoji.builder().emoji_type(emoji).build()
            body = CreateMessageReactionRequestBody.builder().reaction_type(reaction).build()
            request = CreateMessageReactionRequest.builder().message_id(message_id).request_body(body).build()
            return self._im.message_reaction.create(request, option)

        return _field(_data(self._caller.call("im.reaction.create", send)), "reaction_id")

    def create_card(self, card: Card2, *, patience: float | None = None) -> str:
        """Makes a card entity; returns its card_id. It lives 14 days and can be sent once."""

        def send(option: RequestOption) -> Any:
            body = CreateCardRequestBody.builder().type("card_json").data(_text(card)).build()
            return self._cardkit.card.create(CreateCardRequest.builder().request_body(body).build(), option)

        limits = (interface_limit("card.create"),)
        body = self._caller.call("cardkit.card.create", send, limits=limits, patience=patience)
        return _field(_data(body), "card_id")

    def update_card(self, card_id: str, card: Card2, sequence: Callable[[], int]) -> None:
        """Replaces the whole of a card entity."""

        def send(option: RequestOption) -> Any:
            number = sequence()
            whole = Card.builder().type("card_json").data(_text(card)).build()
            body = UpdateCardRequestBody.builder().card(whole).uuid(f"{card_id}-{number}").sequence(number)
            request = UpdateCardRequest.builder().card_id(card_id).request_body(body.build()).build()
            return self._cardkit.card.update(request, option)

        self._caller.call("cardkit.card.update", send, limits=(card_limit(card_id),))

    def set_streaming(self, card_id: str, streaming: bool, sequence: Callable[[], int]) -> None:
        """Opens or closes a card's streaming mode; opened, it closes itself after ten minutes."""

        def send(option: RequestOption) -> Any:
            number = sequence()
            settings = _text({"config": {"streaming_mode": streaming}})
            body = SettingsCardRequestBody.builder().settings(settings).uuid(f"{card_id}-{number}")
            body = body.sequence(number).build()
            request = SettingsCardRequest.builder().card_id(card_id).request_body(body).build()
            return self._cardkit.card.settings(request, option)

        self._caller.call("cardkit.card.settings", send, limits=(card_limit(card_id),))

    def write_element(
        self, card_id: str, element_id: str, text: str, sequence: Callable[[], int], *, patience: float
    ) -> None:
        """Shows `text` in one element of a streaming card. One attempt: the next frame repeats it all."""

        def send(option: RequestOption) -> Any:
            number = sequence()
            body = ContentCardElementRequestBody.builder().content(text).uuid(f"{card_id}-{number}")
            request = ContentCardElementRequest.builder().card_id(card_id).element_id(element_id)
            return self._frames.card_element.content(
                request.request_body(body.sequence(number).build()).build(), option
            )

        limits = (card_limit(card_id),)
        self._caller.call("cardkit.element.content", send, limits=limits, patience=patience)


class _Raw:
    """A response that carries only its raw answer, as the typed ones do beside their fields."""

    def __init__(self, raw: Any) -> None:
        self.raw = raw


def _config(settings: FeishuSettings, timeout: float) -> Any:
    config = Config()
    config.app_id = settings.app_id
    config.domain = settings.domain
    config.timeout = timeout
    config.enable_set_token = True
    return config


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def message_id_in(data: dict[str, Any]) -> str:
    """The id of a message that Feishu speaks of. Raises FeishuError."""
    return _field(data, "message_id")


def milliseconds_in(data: dict[str, Any], name: str) -> int:
    """A time as Feishu writes it: a string of digits. 0 for anything else."""
    value = str(data.get(name) or "")
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 16 else 0


def _field(data: dict[str, Any], name: str) -> str:
    """A string of an answer that must have it: one without it is Feishu's fault, and passes."""
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise FeishuError(0, f"an answer without {name}", retriable=True)
    return value


def _objects(data: dict[str, Any], name: str) -> list[dict[str, Any]]:
    listed = data.get(name)
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []


def _data(body: dict[str, Any]) -> dict[str, Any]:
    data = body.get("data")
    return dict(data) if isinstance(data, dict) else {}
