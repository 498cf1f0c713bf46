"""A bare HTTP client of the Open API, for tests of the local Feishu that want to send what no SDK would."""

from __future__ import annotations

import itertools
import json
from typing import Any

import requests

from simulator import LocalFeishu

CARD: dict[str, Any] = {
    "schema": "2.0",
    "config": {"streaming_mode": True, "update_multi": True},
    "header": {"title": {"tag": "plain_text", "content": "Title"}, "template": "blue"},
    "body": {"elements": [{"tag": "markdown", "element_id": "answer", "content": "…"}]},
}


def text(words: str) -> str:
    """The content of a text message."""
    return json.dumps({"text": words})


def plain_card(*elements: dict[str, Any]) -> dict[str, Any]:
    """A small card that does not stream."""
    return {"schema": "2.0", "body": {"elements": list(elements) or [{"tag": "markdown", "content": "hi"}]}}


class Caller:
    """Calls one local Feishu over a real socket, with a fresh token."""

    def __init__(self, local: LocalFeishu) -> None:
        self.local = local
        self.session = requests.Session()
        self.sequence = itertools.count(1)
        self.token = self.fetch_token()["tenant_access_token"]

    def close(self) -> None:
        self.session.close()

    def fetch_token(self, **wrong: str) -> dict[str, Any]:
        """The token endpoint's answer; sent without a Content-Type, as lark-oapi does."""
        body = {"app_id": self.local.app.app_id, "app_secret": self.local.app.app_secret, **wrong}
        url = f"{self.local.url}/open-apis/auth/v3/tenant_access_token/internal"
        return self.session.post(url, data=json.dumps(body).encode()).json()

    def send(self, method: str, path: str, body: Any = None, token: str | None = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        return self.session.request(method, f"{self.local.url}/open-apis{path}", json=body, headers=headers)

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        return self.send(method, path, body).json()

    def reply(self, message_id: str, content: str, msg_type: str = "text", **more: Any) -> dict[str, Any]:
        body = {"msg_type": msg_type, "content": content, **more}
        return self.call("POST", f"/im/v1/messages/{message_id}/reply", body)

    def reply_card(self, message_id: str, card: dict[str, Any], **more: Any) -> dict[str, Any]:
        return self.reply(message_id, json.dumps(card), "interactive", **more)

    def create_card(self, card: dict[str, Any] = CARD) -> dict[str, Any]:
        return self.call("POST", "/cardkit/v1/cards", {"type": "card_json", "data": json.dumps(card)})

    def card_id(self, card: dict[str, Any] = CARD) -> str:
        return str(self.create_card(card)["data"]["card_id"])

    def operate(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        """A CardKit operation; `sequence` rises by itself unless given."""
        return self.call(method, f"/cardkit/v1/cards/{path}", {"sequence": next(self.sequence), **body})

    def stream(self, card_id: str, content: str, element: str = "answer", **more: Any) -> dict[str, Any]:
        return self.operate("PUT", f"{card_id}/elements/{element}/content", content=content, **more)
