"""The group chat page at /simulator/ and the small JSON API behind it.

The page asks for the state after a revision and waits until something changed (long polling). Requests
from other sites are refused: only loopback host names, only JSON bodies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, redirect, request, send_from_directory
from werkzeug.wrappers import Response as AnyResponse

from simulator.api.replies import as_json
from simulator.page.view import View
from simulator.pushes.people import People, Speech
from simulator.pushes.pressing import Presser
from simulator.tenant.faults import NAMES, Faults
from simulator.types import Json

PAGE = Path(__file__).parent / "static"
WAIT = 20.0
"""Seconds a question for changes stays open."""
POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'self'"
)


def page_blueprint(view: View, people: People, presser: Presser, faults: Faults) -> Blueprint:
    """The routes below /simulator."""
    page = Blueprint("page", __name__, url_prefix="/simulator")
    page.before_request(only_loopback)
    page.after_request(with_policy)

    @page.get("/")
    def index() -> Response:
        return send_from_directory(PAGE, "index.html")

    @page.get("/page/<path:name>")
    def static_file(name: str) -> Response:
        return send_from_directory(PAGE, name)

    @page.get("/api/state")
    def state() -> Response:
        since = request.args.get("since", -1, type=int)
        tenant = view.tenant
        with tenant.changed:
            tenant.changed.wait_for(lambda: tenant.revision != since, WAIT)
        language = "en" if request.args.get("lang") == "en" else "zh"
        user, chat = request.args.get("user", "ou_alice"), request.args.get("chat", "")
        return as_json(view.state(user, chat, language))

    @page.post("/api/<act>")
    def act(act: str) -> Response:
        done = _acts(people, presser, faults).get(act)
        body = request.get_json(silent=True)
        if done is None or not isinstance(body, dict):
            abort(400 if done else 404)
        try:
            return as_json(done(body))
        except (KeyError, ValueError) as problem:
            return as_json({"problem": str(problem)}, 400)

    return page


def root_blueprint() -> Blueprint:
    """The bare address leads to the page."""
    root = Blueprint("root", __name__)

    @root.get("/")
    def home() -> AnyResponse:
        return redirect("/simulator/")

    return root


def _acts(people: People, presser: Presser, faults: Faults) -> dict[str, Callable[[Json], Json]]:
    """What the page can do, by name."""

    def say(body: Json) -> Json:
        speech = Speech(
            text=str(body["text"]),
            mention_bot=bool(body.get("mention_bot")),
            mention_all=bool(body.get("mention_all")),
            mentions=tuple(body.get("mentions", [])),
            reply_to=str(body.get("reply_to", "")),
            in_thread=bool(body.get("in_thread")),
        )
        if not speech.text.strip():
            raise ValueError("nothing to say")
        message, _ = people.say(str(body["user"]), str(body["chat"]), speech)
        return {"message_id": message.message_id, "chat_id": message.chat_id}

    def recall(body: Json) -> Json:
        people.recall(str(body["message_id"]))
        return {}

    def react(body: Json) -> Json:
        people.react(str(body["user"]), str(body["message_id"]), str(body["emoji"]))
        return {}

    def press(body: Json) -> Json:
        pressed = presser.press(
            str(body["user"]), str(body["message_id"]), str(body["button"]), body.get("form") or {}
        )
        return {"error": pressed.error, "opened": pressed.opened, "toast": pressed.toast}

    def add_fault(body: Json) -> Json:
        given: dict[str, Any] = {
            key: body[key] for key in ("on", "times", "probability", "delay") if key in body
        }
        return asdict(faults.add(str(body["what"]), **given))

    def clear_faults(body: Json) -> Json:
        faults.clear()
        return {}

    def list_faults(body: Json) -> Json:
        return {"faults": [asdict(one) for one in faults.waiting], "names": list(NAMES)}

    return {
        "say": say,
        "recall": recall,
        "react": react,
        "press": press,
        "add_fault": add_fault,
        "clear_faults": clear_faults,
        "faults": list_faults,
    }


def only_loopback() -> None:
    """Refuses names other than loopback's, so that no web site can reach the page by DNS tricks."""
    host = request.host.rsplit(":", 1)[0]
    if host not in ("127.0.0.1", "localhost", "[::1]"):
        abort(403)


def with_policy(response: Response) -> Response:
    """Adds the headers that keep a page to itself."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response
