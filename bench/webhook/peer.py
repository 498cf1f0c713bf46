"""A listener of HuixiangDou's shape, written anew, to measure beside our webhook.

Its shape (InternLM/HuixiangDou, frontend/lark_group.py): Flask's own server, the SDK's event dispatcher, the
decoded event logged, a new Redis client for each message, one push to a list, the pushed text logged.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import lark_oapi
import redis
from flask import Flask, Response, request
from lark_oapi.adapter.flask import parse_req, parse_resp

from bench.webhook.events import ENCRYPT_KEY, PEER_LIST, TOKEN

log = logging.getLogger("peer")


def create_listener(redis_port: int) -> Flask:
    """The Flask application: one route, POST /event."""

    def keep(data: Any) -> None:
        log.info(lark_oapi.JSON.marshal(data))
        message = data.event.message
        if message.chat_type != "group" or message.message_type != "text":
            return
        row = json.dumps(
            {
                "source": "lark",
                "msg_id": message.message_id,
                "user_id": data.event.sender.sender_id.user_id,
                "content": json.loads(message.content)["text"],
                "group_id": message.chat_id,
                "msg_time": message.create_time,
            },
            ensure_ascii=False,
        )
        client = redis.Redis(host="127.0.0.1", port=redis_port, decode_responses=True, protocol=2)
        client.rpush(PEER_LIST, row)
        log.debug("saved %s to %s", row, PEER_LIST)

    builder = lark_oapi.EventDispatcherHandler.builder(ENCRYPT_KEY, TOKEN, lark_oapi.LogLevel.DEBUG)
    handler = builder.register_p2_im_message_receive_v1(keep).build()
    app = Flask("peer")

    def event() -> Response:
        log.debug(request.get_json())
        answer: Response = parse_resp(handler.do(parse_req()))
        return answer

    app.add_url_rule("/event", view_func=event, methods=["POST"])
    return app


if __name__ == "__main__":
    logging.basicConfig(level=logging.DEBUG, format="%(asctime)s | %(levelname)s | %(name)s - %(message)s")
    create_listener(int(sys.argv[2])).run(debug=False, host="127.0.0.1", port=int(sys.argv[1]))
