"""What the groups say while the bot is attacked: questions in threads, each pushed one to four times."""

from __future__ import annotations

import json
import random
import re
import time

from simulator.local import LocalFeishu, SentCard, is_open

THREAD_LENGTH = 4
"""Messages of one thread, at most."""
USERS = 40
QUESTIONS = (
    "怎么让机器人重新索引文档？",
    "How do I reindex the documents?",
    "怎么通过 ngrok 本地测试？",
    "How much GPU memory does InternLM2 need?",
    "今天中午吃什么？",
    "机器人需要开通哪些权限？",
    "How do I test locally through ngrok?",
)
_MARK = re.compile(r"\bm\d+x\b")
_MESSAGE = re.compile(r"\bom_[0-9a-f]{32}\b")


class Talk:
    """Says messages, and finds the cards that answer them."""

    def __init__(self, feishu: LocalFeishu, chance: random.Random, groups: int) -> None:
        self.feishu = feishu
        self.random = chance
        self.groups = groups
        self.said: list[str] = []
        self._marks: dict[str, str] = {}
        """Message id -> the mark in its text, which its card quotes."""

    def say(self, count: int, *, chat: str = "", pause: float = 0.1) -> None:
        """Says `count` messages, at most `pause` seconds apart; half go on with a thread that was begun.

        `chat` is the one group they are said in, where there is one.
        """
        given, threads = chat, list[tuple[str, str, int]]()
        for _ in range(count):
            if threads and self.random.random() < 0.5:
                chat, root, length = threads.pop(self.random.randrange(len(threads)))
            else:
                chat, root, length = given or f"oc_{self.random.randrange(self.groups)}", "", 0
            message = self._say(chat, root)
            if length + 1 < THREAD_LENGTH:
                threads.append((chat, root or message, length + 1))
            self._push_again(message)
            time.sleep(self.random.uniform(0.0, pause))

    def wait(self, seconds: float, share: float = 1.0) -> bool:
        """Waits until a `share` of the messages has a final card, or no new one came for `seconds`."""
        moved, before = time.monotonic(), -1
        while True:
            final = self.final()
            if final >= share * len(self.said):
                return True
            if final != before:
                moved, before = time.monotonic(), final
            if time.monotonic() - moved > seconds:
                return False
            time.sleep(0.3)

    def final(self) -> int:
        """How many messages have a final card."""
        return sum(any(not open for _, open in cards) for cards in self.cards().values())

    def cards(self) -> dict[str, list[tuple[str, bool]]]:
        """Message id -> the cards that quote it: (the card's message id, whether it is still written)."""
        by_mark = {mark: message for message, mark in self._marks.items()}
        found: dict[str, list[tuple[str, bool]]] = {}
        with self.feishu.tenant.lock:
            for message in self.feishu.tenant.messages.values():
                if not message.is_bot or message.recalled or not message.card:
                    continue
                question = self._question_of(json.dumps(message.card.card, ensure_ascii=False), by_mark)
                if question:
                    cards = found.setdefault(question, [])
                    cards.append((message.message_id, is_open(SentCard(message))))
        return found

    def _question_of(self, card: str, by_mark: dict[str, str]) -> str:
        """The message that a card answers: named by its buttons, and quoted before it has any.

        What it says may hold the mark of another: a follow-up is said with the question that it goes on from.
        """
        if named := next((name for name in _MESSAGE.findall(card) if name in self._marks), ""):
            return named
        mark = _MARK.search(card)
        return by_mark[mark.group()] if mark else ""

    def _say(self, chat: str, root: str) -> str:
        mark = f"m{len(self.said)}x"
        message = self.feishu.say(
            user=f"ou_user{self.random.randrange(USERS)}",
            text=f"{self.random.choice(QUESTIONS)} {mark}",
            mention_bot=True,
            chat=chat,
            reply_to=root,
            in_thread=bool(root),
        )
        self._marks[message] = mark
        self.said.append(message)
        return message

    def _push_again(self, message_id: str) -> None:
        first = self.feishu.pushes.of(message_id)
        for _ in range(self.random.choice((0, 0, 1, 2, 3))):
            self.feishu.pushes.send(first.payload)
