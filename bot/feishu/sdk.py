"""The parts of lark-oapi that Fennel calls, imported without the sixty services that it does not."""

from __future__ import annotations

import logging

from bot.feishu.sdk_parts import without_the_services

with without_the_services():
    from lark_oapi.api.cardkit.v1.model import (
        Card,
        ContentCardElementRequest,
        ContentCardElementRequestBody,
        CreateCardRequest,
        CreateCardRequestBody,
        SettingsCardRequest,
        SettingsCardRequestBody,
        UpdateCardRequest,
        UpdateCardRequestBody,
    )
    from lark_oapi.api.cardkit.v1.version import V1 as CardkitV1
    from lark_oapi.api.im.v1.model import (
        CreateMessageReactionRequest,
        CreateMessageReactionRequestBody,
        CreateMessageRequest,
        CreateMessageRequestBody,
        DeleteMessageRequest,
        Emoji,
        GetMessageRequest,
        ListMessageRequest,
        PatchMessageRequest,
        PatchMessageRequestBody,
        ReplyMessageRequest,
        ReplyMessageRequestBody,
    )
    from lark_oapi.api.im.v1.version import V1 as ImV1
    from lark_oapi.core.enum import AccessTokenType, HttpMethod
    from lark_oapi.core.http import Transport
    from lark_oapi.core.http.transport import _build_header, _build_url
    from lark_oapi.core.json import JSON
    from lark_oapi.core.model import BaseRequest, Config, RawResponse, RequestOption

logging.getLogger("Lark").handlers.clear()
"""The SDK prints to stdout by a handler of its own; what it has to say belongs in the process's log."""

build_header = _build_header
build_url = _build_url

__all__ = [
    "JSON",
    "AccessTokenType",
    "BaseRequest",
    "Card",
    "CardkitV1",
    "Config",
    "ContentCardElementRequest",
    "ContentCardElementRequestBody",
    "CreateCardRequest",
    "CreateCardRequestBody",
    "CreateMessageReactionRequest",
    "CreateMessageReactionRequestBody",
    "CreateMessageRequest",
    "CreateMessageRequestBody",
    "DeleteMessageRequest",
    "Emoji",
    "GetMessageRequest",
    "HttpMethod",
    "ImV1",
    "ListMessageRequest",
    "PatchMessageRequest",
    "PatchMessageRequestBody",
    "RawResponse",
    "ReplyMessageRequest",
    "ReplyMessageRequestBody",
    "RequestOption",
    "SettingsCardRequest",
    "SettingsCardRequestBody",
    "Transport",
    "UpdateCardRequest",
    "UpdateCardRequestBody",
    "build_header",
    "build_url",
]
