"""The parts of lark-oapi that Fennel calls, imported without the sixty services that it does not.

`import lark_oapi` runs its `__init__`, which imports every service of the platform: 6 s and 171 MB measured
on lark-oapi 1.7.5, against 1 s and 61 MB for this module (`bench/transport.py`). Python runs a package's
`__init__` before any of its submodules, so the two outer packages are stood in for while ours are imported,
and taken away again: a later `import lark_oapi` finds the real ones. Where the SDK is loaded already nothing
is stood in for.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType

_OUTER = ("lark_oapi", "lark_oapi.api")


@contextmanager
def _without_the_other_services() -> Iterator[None]:
    if "lark_oapi" in sys.modules:
        yield
        return
    spec = find_spec("lark_oapi")
    folders = list(spec.submodule_search_locations or []) if spec else []
    for name, folder in zip(_OUTER, ("", "/api"), strict=True):
        stand_in = ModuleType(name)
        stand_in.__path__ = [path + folder for path in folders]
        sys.modules[name] = stand_in
    try:
        yield
    finally:
        for name in _OUTER:
            sys.modules.pop(name, None)


with _without_the_other_services():
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
