"""A local server for /v1/embeddings and /v1/rerank: deterministic, and as strict as the real ones."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from index.text.terms import terms

DIMENSIONS = 24


class VectorServer:
    """`with VectorServer() as server:`; `bodies` are the requests as they came, `status` refuses them all."""

    def __init__(self, *, status: int = 200, drop: int = 0) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.status = status
        self.drop = drop
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                owner.bodies.append(body)
                status, reply = owner.answer(self.path, body)
                raw = json.dumps(reply).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> VectorServer:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """(status, reply body) of one request."""
        if self.status != 200:
            return self.status, {
                "error": {"message": "refused", "type": "invalid_request_error", "code": None}
            }
        if path == "/v1/embeddings":
            if not body["input"] or not all(body["input"]):
                return 400, {
                    "error": {"message": "empty input", "type": "invalid_request_error", "code": None}
                }
            rows = [
                {"object": "embedding", "index": number, "embedding": _vector(text)}
                for number, text in enumerate(body["input"])
            ]
            usage = {"prompt_tokens": 1, "total_tokens": 1}
            return 200, {"object": "list", "model": body["model"], "data": rows[::-1], "usage": usage}
        if path == "/v1/rerank":
            wanted = set(terms(body["query"]))
            scored = [
                {"index": number, "relevance_score": len(wanted & set(terms(text))) / max(len(wanted), 1)}
                for number, text in enumerate(body["documents"])
            ]
            best = sorted(scored, key=lambda item: -item["relevance_score"])
            return 200, {"results": best[: len(best) - self.drop]}
        return 404, {"detail": "Not Found"}


def _vector(text: str) -> list[float]:
    digest = hashlib.sha256(text.encode()).digest()
    return [byte / 16 - 8 for byte in digest[:DIMENSIONS]]
