"""The gate's reasons in words that an operator understands, Chinese and English."""

from __future__ import annotations

from index.text.terms import chinese_share

_SENTENCES: dict[str, dict[str, tuple[str, str]]] = {
    "zh": {
        "words": ("文档里有消息中的大部分词", "消息中的多数词在文档里没有或很少见"),
        "typical": ("消息使用了文档特有的词：{words}", "消息里几乎没有文档特有的词"),
        "search": ("检索到用词相符的段落：{best}", "检索到的段落与消息用词很少重合"),
        "memory": ("与标注为值得回答的消息相似", "与标注为不必回答的消息相似"),
        "found": ("文档中找到的内容与值得回答的消息相近", "文档中找到的内容与不必回答的消息相近"),
        "empty": ("消息或索引是空的", "消息或索引是空的"),
    },
    "en": {
        "words": ("the documents know most of its words", "the documents know few of its words"),
        "typical": ("it uses words typical of the documents: {words}", "no word is typical of the documents"),
        "search": ("a passage shares its words: {best}", "the passages found share few of its words"),
        "memory": ("it resembles messages labelled good", "it resembles messages labelled bad"),
        "found": ("the search leads where good messages lead", "the search leads where bad messages lead"),
        "empty": ("the message or the index is empty", "the message or the index is empty"),
    },
}  # fmt: skip


def describe(
    group: str, message: str, weight: float = 0.0, words: tuple[str, ...] = (), best: str = ""
) -> str:
    """One sentence for a group, in the message's language; positive weight speaks for answering."""
    language = "zh" if chinese_share(message) > 0 else "en"
    sentence = _SENTENCES[language][group][0 if weight > 0 else 1]
    return sentence.format(words=", ".join(words) or "-", best=best or "-")
