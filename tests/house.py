"""The whole bot inside one test process: webhook, queue, worker and local Feishu over real sockets.

Redis is a real server, the index is built from documents of the test's own, the runner is the one that
`python -m worker` runs. Only the processes are threads, so that a test may look inside, and what looks into
Redis once a second or twice does so more often: every story would wait for it.
"""

from __future__ import annotations

import json
import signal
import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from redis import Redis
from werkzeug.serving import make_server

from bot.clock import SYSTEM, Clock
from bot.config.settings import Settings
from bot.queue.queue import ANSWER_QUEUE, INDEX_QUEUE, QUICK_QUEUE
from bot.supervisor.redis_server import free_port
from bot.talk import chosen
from bot.web.app import create_app
from simulator import LocalFeishu, SentCard
from tests.waiting import LIMIT, join, shown_on_failure, wait_for
from worker.jobs.running import runner_of
from worker.llm import LLM
from worker.process import process
from worker.process.process import open_process
from worker.runner import waiting
from worker.runner.runner import Runner

DOCUMENTS = {
    "zh/install.md": """# 安装 Harbor

怎样在一台新机器上安装 Harbor。

## 安装步骤

1. 安装 Python 3.11。
2. 运行安装命令：

```bash
pip install harbor-server
```

3. 用 `harbor init` 创建配置文件 `harbor.toml`。
4. 用 `harbor serve --port 7070` 启动服务。

## 升级

先用 `harbor backup` 备份，再运行 `pip install -U harbor-server`，最后重启服务。
""",
    "zh/cache.md": """# 缓存

Harbor 把镜像层缓存在磁盘上。

## 调整缓存大小

在 `harbor.toml` 里设置 `cache_max_gb = 50`，单位是 GB，默认值是 20。修改后需要重启服务。

## 清空缓存

运行 `harbor cache clear`。正在下载的镜像层不受影响。
""",
    "en/install.md": """# Installing Harbor

How to install Harbor on a new machine.

## Steps

1. Install Python 3.11.
2. Run the installer:

```bash
pip install harbor-server
```

3. Create the configuration file `harbor.toml` with `harbor init`.
4. Start the server with `harbor serve --port 7070`.

## Upgrade

Back up with `harbor backup`, run `pip install -U harbor-server`, then restart the server.
""",
    "en/tokens.md": """# Access tokens

A token lets a script talk to the Harbor API.

## Create a token

Run `harbor token create --name ci`. The token is printed once. It expires after 90 days unless you pass
`--days`.

## Revoke a token

Run `harbor token revoke ci`. Requests that carry it are refused at once with status 401.
""",
}

QUESTIONS = {
    1: """怎么安装 Harbor？|安装 harbor 报错怎么办|Harbor 支持 Python 3.11 吗|怎么升级 harbor-server
缓存大小在哪里设置|cache_max_gb 默认是多少|怎么清空镜像缓存|harbor serve 怎么改端口|升级前要备份吗
How do I install Harbor?|How do I upgrade harbor-server?|How long is a token valid?
How do I revoke an access token?|Which command starts the server?|How do I create a Harbor API token?""",
    0: """今天中午吃什么？|哈哈哈哈|谢谢大佬|早上好|周末去爬山吗|这个表情包好好笑|收到|好的|在吗|晚安
有人打球吗|下班了吗|good morning|thanks a lot!|see you tomorrow|lol|who is coming to lunch?
nice weather today|ok|happy birthday""",
}
"""What this group asks and what it chats about, for the gate: label -> messages."""


def write_questions(file: Path) -> Path:
    """The labelled messages as the file that index.gate.questions names."""
    rows = [
        {"id": f"{label}-{number}", "text": text, "label": label}
        for label, texts in QUESTIONS.items()
        for number, text in enumerate(texts.replace("\n", "|").split("|"))
    ]
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return file


def write_documents(folder: Path, documents: Mapping[str, str] = DOCUMENTS) -> Path:
    """The documents as files below `folder`."""
    for name, text in documents.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


CLOSED_TODAY = {"start": "09:00", "end": "09:01", "weekdays": [(date.today().isoweekday() + 2) % 7 + 1]}
"""A work time that begins in three days."""
LOOK = 0.05
"""Seconds between looks into Redis."""


class House:
    """Start it with `with`; then talk through `feishu`. `engine` replaces the configured LLM."""

    def __init__(
        self,
        redis_url: str,
        index: Path,
        documents: Path,
        *,
        settings: Mapping[str, Any] | None = None,
        engine: LLM | None = None,
        indexer: bool = False,
        limits: bool = False,
        scale: float = 0.05,
        clock: Clock = SYSTEM,
    ) -> None:
        port = free_port()
        self.feishu = LocalFeishu(
            push_to=f"http://127.0.0.1:{port}/feishu/event", encrypt_key="k" * 20, limits=limits, scale=scale
        )
        self.feishu.pushes.timeout = LIMIT
        values: dict[str, Any] = {
            "feishu": {
                "app_id": self.feishu.app.app_id,
                "app_secret": self.feishu.app.app_secret,
                "encrypt_key": "k" * 20,
                "verification_token": self.feishu.app.verification_token,
                "domain": self.feishu.url,
            },
            "redis": {"url": redis_url},
            "index": {
                "dir": index,
                "sources": [{"path": documents, "url": "https://docs.example.com/harbor"}],
            },
            "llm": {"engine": "extractive"},
            "admins": ["ou_admin"],
            "worker": {"concurrency": 4, "stop_timeout": 5},
            "limits": {"questions_per_user_per_minute": 1000, "questions_per_group_per_minute": 1000},
            "groups": {"default": {"experts": ["ou_expert"]}},
        }
        self.settings = Settings(**{**values, **(settings or {})})
        self.redis = Redis.from_url(redis_url)
        self.web = make_server("127.0.0.1", port, create_app(self.settings), threaded=True)
        self.engine = engine
        self.clock = clock
        self.queues = (ANSWER_QUEUE, QUICK_QUEUE, INDEX_QUEUE) if indexer else (ANSWER_QUEUE, QUICK_QUEUE)
        self.process: process.Process | None = None
        self._open = ExitStack()

    def __enter__(self) -> House:
        with ExitStack() as opened:
            patch = opened.enter_context(pytest.MonkeyPatch.context())
            patch.setattr(chosen, "_FRESH", LOOK)
            patch.setattr(waiting, "LOOK_INTERVAL", LOOK)
            opened.callback(self.redis.close)
            opened.callback(self.feishu.stop)
            self.feishu.start()
            opened.callback(self.web.server_close)
            web = threading.Thread(target=self.web.serve_forever, args=(0.05,), daemon=True, name="house-web")
            web.start()
            opened.callback(join, web)
            opened.callback(self.web.shutdown)
            self.process = open_process(self.settings, clock=self.clock)
            opened.callback(self.process.close)
            if self.engine is not None:
                self.process.llm = self.engine
            opened.callback(process.use, process.use(self.process))
            self.process.feishu.bot_open_id()
            self._run(opened)
            opened.enter_context(shown_on_failure("house", self.state))
            self._open = opened.pop_all()
        return self

    def _run(self, opened: ExitStack) -> None:
        runners = [self._runner(queue) for queue in self.queues]
        threads = [threading.Thread(target=runner.run, name="house-runner") for runner in runners]
        opened.callback(join, *threads)
        for runner, thread in zip(runners, threads, strict=True):
            thread.start()
            opened.callback(runner.request_stop, signal.SIGTERM, None)

    def _runner(self, queue: str) -> Runner:
        assert self.process is not None
        runner = runner_of(self.process, queue)
        runner.stop_timeout = 5
        runner.pop_timeout = 0.1  # every story waits for its end
        return runner

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            error.add_note(self.state())
        self._open.close()

    def ask(self, text: str, **how: Any) -> str:
        """Somebody mentions the bot; the message's id."""
        return self.feishu.say(text=text, mention_bot=True, **how)

    def card(self, message_id: str, timeout: float = LIMIT) -> SentCard:
        """The final card that answers a message."""
        return self.feishu.wait_for_card(message_id, timeout)

    def command(self, text: str, **how: Any) -> str:
        """What the bot says to a command; to one in a thread it replies in that thread."""
        given = self.ask(text, **how)
        until(lambda: self.redis.exists(f"fennel:sent:{given}"))
        self.quiet()
        return words(self.feishu.cards(how.get("reply_to") or given)[-1])

    def quiet(self, limit: float = LIMIT) -> None:
        """Returns when every push has been taken and every job that came of them has ended."""
        until(lambda: all(push.state != "waiting" for push in list(self.feishu.pushes.all)), limit=limit)
        until(lambda: not unfinished(self.redis), limit=limit)

    def state(self) -> str:
        """What a failing test is shown."""
        pushes = Counter(push.state for push in list(self.feishu.pushes.all))
        lines = [f"{unfinished(self.redis)} unfinished jobs; pushes: {dict(pushes)}; the newest messages:"]
        with self.feishu.tenant.lock:
            for message in list(self.feishu.tenant.messages.values())[-8:]:
                said = words(SentCard(message)) if message.card else message.content
                lines.append(f"{message.message_id} to {message.root_id or message.chat_id}: {said[:150]!r}")
        return "\n".join(lines)


_UNFINISHED = """
local count = 0
for _, lane in ipairs(ARGV) do
  count = count + redis.call('LLEN', 'rq:queue:' .. lane) + redis.call('ZCARD', 'rq:wip:' .. lane)
  count = count + redis.call('LLEN', 'rq:queue:' .. lane .. ':intermediate')
  count = count + redis.call('ZCARD', 'fennel:waiting:' .. lane)
  for _, interface in ipairs(redis.call('SMEMBERS', 'fennel:waits-for:' .. lane)) do
    count = count + redis.call('ZCARD', 'fennel:waiting-for:' .. lane .. ':' .. interface)
  end
end
for _, key in ipairs(redis.call('SMEMBERS', 'rq:rl-keys')) do
  count = count + redis.call('ZCARD', 'rq:rl:' .. key .. ':rate_limited')
end
return count
"""


def unfinished(redis: Redis) -> int:
    """Jobs that wait, run, are held up or put aside, counted in one step: none is missed on its way."""
    return int(redis.eval(_UNFINISHED, 0, ANSWER_QUEUE, QUICK_QUEUE))


until = wait_for
"""Waits for something to come true, as the stories put it."""


def words(card: Mapping[str, Any]) -> str:
    """Everything a card says, in order."""
    found: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            content = node.get("content")
            if isinstance(content, str):
                found.append(content)
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(card)
    return "\n".join(found)
