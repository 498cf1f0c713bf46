"""LMDeploy's own api_server over a scripted engine: everything but the GPU is the real package (0.18).

`python -m tests.lmdeploy.real_server FOLDER PORT [API_KEY]`; FOLDER is the model folder that
`tests.lmdeploy.conftest` makes. The engine speaks the protocol that AsyncEngine expects of TurboMind:
instances with `async_stream_infer` and `async_cancel`. It plants the first token's probabilities, writes
REPLY one token at a time, and when the prompt says "slowly" pauses between tokens. Its prefix cache
counts equal prompt beginnings in blocks of 64. Aborted requests are written to FOLDER/aborted.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import math
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

REPLY = "运行 pip install fooserve 即可 [1]"
PLANTED = {"8": 0.45, "10": 0.25, "7": 0.1, "<0x39>": 0.05, "3": 0.05, "Sure": 0.1}
SLOWLY = "slowly"
BLOCK = 64
SESSION_LEN = 2048


class Instance:
    """One request handle, as TurboMindInstance."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.cancelled = False

    async def async_cancel(self, session_id: int) -> None:
        """Called when the client has gone."""
        self.cancelled = True
        with (self.engine.folder / "aborted").open("a", encoding="utf-8") as file:
            file.write(f"{session_id}\n")

    async def async_stream_infer(
        self, session_id: int, *, input_ids: list[int], gen_config: Any, **_: Any
    ) -> AsyncIterator[Any]:
        """Yields EngineOutput, one new token each, the last one with the end mark."""
        from lmdeploy.messages import EngineOutput, RequestMetrics, ResponseType

        self.cancelled = False
        metrics = RequestMetrics(token_timestamp=0.0, cached_tokens=self.engine.cached(input_ids))
        first = self.engine.first(gen_config)
        ids = [first] if first is not None else self.engine.encode(REPLY)
        ids = [*ids, self.engine.end_id][: gen_config.max_new_tokens]
        pause = 0.5 if SLOWLY in self.engine.decode(input_ids) else 0.0
        for number, token in enumerate(ids):
            await asyncio.sleep(pause)
            logprobs = [self.engine.logprobs(token, gen_config)] if gen_config.logprobs else None
            status = ResponseType.FINISH if number == len(ids) - 1 else ResponseType.SUCCESS
            yield EngineOutput(status, [token], logprobs=logprobs, req_metrics=metrics)


class Engine:
    """What AsyncEngine needs of a TurboMind."""

    def __init__(self, folder: Path, config: Any) -> None:
        import sentencepiece

        self.folder = folder
        self.engine_config = config
        self.processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
        self.end_id = int((folder / "end_id").read_text(encoding="utf-8"))
        self.planted = {self.processor.piece_to_id(piece): share for piece, share in PLANTED.items()}
        self.blocks: set[tuple[int, ...]] = set()
        self.tick = 0

    def create_instance(self, *_: Any) -> Instance:
        """One of max_batch_size handles."""
        return Instance(self)

    def encode(self, text: str) -> list[int]:
        """Token ids."""
        return list(self.processor.encode(text))

    def decode(self, ids: list[int]) -> str:
        """Text; ids beyond the model, such as added marks, are left out."""
        return str(self.processor.decode([token for token in ids if token < self.processor.get_piece_size()]))

    def first(self, gen_config: Any) -> int | None:
        """The token of a one-number reply; None for a whole reply. A grammar is kept, as TurboMind would."""
        form = gen_config.response_format
        if form is None and gen_config.max_new_tokens > 4:
            return None
        allowed = self.planted
        if form is not None and form.get("type") == "regex_schema":
            pattern = re.compile(form["regex_schema"])
            pieces = {token: self.processor.id_to_piece(token) for token in self.planted}
            allowed = {token: self.planted[token] for token in pieces if pattern.fullmatch(pieces[token])}
        return max(allowed, key=lambda token: allowed[token])

    def logprobs(self, token: int, gen_config: Any) -> dict[int, float]:
        """The sampled token and the `logprobs` most probable ones."""
        if token not in self.planted:
            return {token: -0.5}
        ranked = sorted(self.planted.items(), key=lambda pair: -pair[1])[: gen_config.logprobs]
        return {
            found: math.log(share) for found, share in {**dict(ranked), token: self.planted[token]}.items()
        }

    def cached(self, ids: list[int]) -> int:
        """Tokens of full blocks seen before."""
        found = 0
        for end in range(BLOCK, len(ids), BLOCK):
            found = end if tuple(ids[:end]) in self.blocks else found
            self.blocks.add(tuple(ids[:end]))
        return found

    async def get_health_status(self) -> Any:
        """Well, as the process that LMDeploy's health monitor runs in."""
        self.tick += 1
        metrics = SimpleNamespace(scheduler_tick=self.tick)
        return {"alive": True, "message": "", "schedule_metrics": metrics}

    def start_loop(self) -> bool:
        """Nothing to start."""
        return True

    def close(self) -> None:
        """Nothing to close."""


def main() -> None:
    """Serves until it is killed."""
    folder, port, *keys = sys.argv[1:]
    engine_module = importlib.import_module("lmdeploy.serve.core.async_engine")
    server_module = importlib.import_module("lmdeploy.serve.openai.api_server")
    messages = importlib.import_module("lmdeploy.messages")

    def build(self: Any, model_path: str, backend_config: Any, **_: Any) -> Engine:
        return Engine(Path(model_path), backend_config)

    engine_module.AsyncEngine._build_turbomind = build
    config = messages.TurbomindEngineConfig(
        max_batch_size=8, session_len=SESSION_LEN, enable_prefix_caching=True, enable_metrics=False
    )
    with contextlib.suppress(KeyboardInterrupt):
        server_module.serve(
            folder,
            model_name="internlm2-chat-7b",
            backend="turbomind",
            backend_config=config,
            server_name="127.0.0.1",
            server_port=int(port),
            api_keys=keys or None,
            log_level="WARNING",
            generation_config="lmdeploy",
            disable_fastapi_docs=True,
        )


if __name__ == "__main__":
    main()
