"""The forms in which models write their reasoning into the text, and wrap the answer behind it.

After the chat templates of Qwen, DeepSeek, Magistral, Kimi, Seed, Sky-T1, Command A, Gemma, Granite, Hunyuan
and gpt-oss, and after what public reports show of servers that have no parser for them.
"""

from __future__ import annotations

import re

from index.text.chinese import CHARACTERS

_WORDS = (
    *("think", "thinking", "thought", "thoughts", "reasoning", "reflection", "seed:think", "mm:think"),
    *("antthinking", "ant:thinking", "antml:thinking", "scratchpad", "scratch_pad", "analysis", "cot"),
    *("thought_process", "thinking_process", "reasoning_process", "thinking_content", "reasoning_content"),
    *("chain_of_thought", "inner_monologue", "inner_thought", "inner_thoughts", "internal_thoughts"),
    *("longcat_think", "ifm|think", "think_fast", "思考", "思考过程"),
)
_NAMES = "|".join(map(re.escape, _WORDS))
_THOUGHT = ("think", "thinking", "thought", "reasoning")
_OF_THOUGHT = "|".join(_THOUGHT)
_IN_BRACKETS = ("think", "thinking", "reasoning", "思考", "思考过程")
_BRACKETED = "think|(?-i:THINKING|REASONING)|思考|思考过程"
"""In small letters the longer ones are tables of a TOML file."""
_SUMMARY = (
    r"\W{0,8}(?:thinking|thoughts?|reasoning|chain of thought|已?(?:深度)?思考|思维链)"
    r"(?:\W{0,2}(?:process|content|steps|过程|完成|内容))?(?:\W{0,3}(?:for|took|用时)[^<>\n]{0,30})?\W{0,12}"
)
_ATTRIBUTES = r"(?:\s[^<>\n]{0,60})?"
_HARMONY = r"(?:[^<]|<\|constrain\|>){0,40}<\|message\|>"
_OPEN = (
    rf"<\s*(?:{_NAMES}){_ATTRIBUTES}/?>|\[(?:{_BRACKETED})\](?!\()|[\[【]思考开始[\]】]|<\|begin_of_thought\|>|<\|START_THINKING\|>|◁think▷|"
    rf"<\|(?:{_NAMES})\|>|<unused94>(?:thought)?|<\|channel>(?:thought|analysis)?|"
    rf"(?:<\|start\|>assistant)?<\|channel\|>(?:analysis|commentary){_HARMONY}|"
    rf"<[|｜]begin[_▁]of[_▁](?:{_OF_THOUGHT})[|｜]>|<\|?(?:{_OF_THOUGHT})_(?:start|begin)\|?>|<\|inner_prefix\|>|"
    rf'<details type="reasoning"{_ATTRIBUTES}>|'
    rf"<details{_ATTRIBUTES}>\s{{0,4}}<summary{_ATTRIBUTES}>{_SUMMARY}</summary>"
)
_CLOSE = (
    rf"<\s*/\s*(?:{_NAMES})\s*>|\[/(?:{_BRACKETED})\]|[\[【]思考结束[\]】]|<\|end_of_thought\|>|<\|END_THINKING\|>|◁/think▷|<unused95>|"
    rf"<\|/(?:{_NAMES})\|>|<channel\|>|<\|inner_suffix\|>|"
    rf"<[|｜]end[_▁](?:of[_▁])?(?:{_OF_THOUGHT})[|｜]>|<\|?(?:{_OF_THOUGHT})_end\|?>|"
    rf"(?:<\|end\|>)?(?:<\|start\|>assistant)?<\|channel\|>final{_HARMONY}|"
    rf"assistantfinal(?=[A-Z\s*#{CHARACTERS}`])"
)
CLOSE = re.compile(_CLOSE, re.IGNORECASE)
FENCE_CLOSES = re.compile(r"\n {0,3}(?:`{3,}|~{3,})[ \t]*+\n")
"""A fence that nothing stands behind; sought where one is open."""
CLOSE_OF = (
    ("<details", re.compile(r"</details>", re.IGNORECASE)),
    ("```", re.compile(r"\n```[ \t]*\n")),
    ("here", re.compile(r"Here(?:'s| is) my response:", re.IGNORECASE)),
)
"""Endings that end only what was begun in their own way; by the beginning's first letters."""
_FIRST_WORDS = (
    *("/think>", "analysis", "here is my thought process:", "here's my thought process:"),
    *(f"```{name}\n" for name in _THOUGHT),
    *(
        f"{lead}{word}{more}{end}"
        for lead in ("", "**", "# ", "## ", "### ", "【")
        for word in ("thought", "thoughts", "thinking", "reasoning", "思考", "推理")
        for more in ("", " process", "过程")
        for end in ("\n", ":", "：", "**:", "**：", "**\n", "】")
    ),
)
FIRST_WORDS_SO_FAR = frozenset(word[:length] for word in _FIRST_WORDS for length in range(len(word) + 1))
"""What such words may begin with, in small letters."""
_ENDS_TITLE = r"(?:\*\*[:：]|[:：]\*\*|[:：](?!\*{0,2}\Z)|】|\*\*[ \t]*\n|[ \t]*\n)"
PROSE = re.compile(
    rf"(?:#{{1,3}} |\*\*|【)?(?:Thoughts?|Thinking|Reasoning|思考|推理)(?: process|过程)?{_ENDS_TITLE}",
    re.IGNORECASE,
)
"""A title of thoughts at the start of a reply; only a title of the answer behind it tells that it is one."""
PROSE_CLOSE = re.compile(
    rf"\n[ \t]*(?:#{{1,3}} |\*\*|【)?(?:(?:Final )?Answer|(?:最终)?(?:答案|回答)){_ENDS_TITLE}", re.IGNORECASE
)
BARE = re.compile(
    rf"(?P<sure>Here(?:'s| is) my thought process:|```(?i:{_OF_THOUGHT})[ \t]*\n|"
    r"analysis(?=(?:We|The|User|Users|I|Let|This|It|Need|"
    r"They|You|There|"
    r"First|Okay|Ok|So|Question|Given|Looking|According|From|Based|Now|Just|Must|Should|Can|What|How|Why|Answer|"
    r"Documents?|Simple|To|In|A|An|Provide|Use|He|She|Possibly|Likely|Thus|Check|Material|Passages?|Consider|That|"
    r"These|If|When|As|My|For|Is|Do|Does|Search|Find)(?:['’]\w{1,3})?[\s,.:;?!]))|analysis(?=[A-Z])"
)
"""Reasoning without a tag at the start of a reply: gpt-oss where the server has dropped the special tokens
(`analysisWe need ... assistantfinalRun ...`), and IBM's Granite. Not `sure` is what may be a name
(`analysisMode`): only `assistantfinal` tells."""
BARE_CLOSE = re.compile(rf"assistantfinal(?=[A-Z\s*#{CHARACTERS}`])")
BARE_SETTLES = 32
"""Characters that show whether a reply begins so."""
_AROUNDS = ("answer", "response", "final_answer", "final", "solution", "reply", "回答", "答案")
_AROUND = "|".join(_AROUNDS)
WRAPPED = re.compile(
    rf"(?P<tag><(?:{_AROUND})>|<\|begin_of_solution\|>|<\|START_RESPONSE\|>|"
    r"<\|start\|>assistant<\|channel\|>final<\|message\|>|<\|channel\|>final<\|message\|>)\s*+",
    re.IGNORECASE,
)
BEGINNINGS = "<aAhH/`tTrR*#【思推"
"""What all of these begin with, and the rest of a closing tag."""
REST_OF_CLOSE = re.compile(r"/think>\s*+")
"""What is left of a tag that a server's parser cuts in two, behind the reasoning that it took out."""
_UNWRAPPED = rf"</(?:{_AROUND})>|<\|end_of_solution\|>|<\|END_RESPONSE\|>"
TAG = re.compile(rf"(?P<open>{_OPEN})|(?P<close>{_CLOSE})|(?P<unwrapped>{_UNWRAPPED})", re.IGNORECASE)
"""What may count in an answer; the last only in one that was wrapped."""
_STARTS = (
    *(f"<{slash}{name}" for slash in ("", "/") for name in _WORDS),
    *(f"<{slash}{name}>" for slash in ("", "/") for name in _AROUNDS),
    *(f"[{slash}{name}]" for slash in ("", "/") for name in _IN_BRACKETS),
    *(f"{opened}思考{ends}{closed}" for opened, closed in ("[]", "【】") for ends in ("开始", "结束")),
    *(f"<{bar}{name}_" for bar in ("", "|") for name in _THOUGHT),
    *("<|begin_of_", "<｜begin▁of▁", "<|end_of_", "<|inner_"),
    *(
        "◁think▷",
        "◁/think▷",
        "<unused9",
    ),
    *("<|begin_of_thought|>", "<|end_of_thought|>", "<|begin_of_solution|>", "<|end_of_solution|>"),
    *("<|start_thinking|>", "<|end_thinking|>", "<|start_response|>", "<|end_response|>"),
    *(
        "<|channel|>",
        "<|start|>assistant",
        "<|end|>",
        "<|return|>",
        "<|message|>",
        "<|channel>",
        "<channel|>",
    ),
    *(f"<|{slash}{name}|>" for slash in ("", "/") for name in _WORDS),
    '<details type="reasoning"',
)
_PREFIXES = {start[:length] for start in _STARTS for length in range(1, len(start) + 1)}
_OPEN_ENDED = tuple(start for start in _STARTS if not start.endswith(">"))
TEMPLATE = re.compile(r"<[|｜][\w▁]{1,40}[|｜]>|</?s>|<bos>|<sop>|\[/INST\]|\[gMASK\]", re.IGNORECASE)
_HARMONY_BEGINS = re.compile(
    r"<\|(?:channel|start)\|>[^>]{0,60}$|<\|channel\|>(?:[^<]|<\|constrain\|>){0,40}(?:<[^>]{0,12})?$"
)
_FINAL = "assistantfinal"
_PARTS_OF_FINAL = "|".join(_FINAL[:length] for length in range(len(_FINAL), 0, -1))
FINAL_BEGINS = re.compile(rf"(?:\A|[^\w\s])({_PARTS_OF_FINAL})\Z", re.IGNORECASE)
"""Of `assistantfinal`, which counts right behind a sentence, what has come of it."""
LONGEST_FINAL = len(_FINAL) + 1
"""Characters at the end that may hold it, with the one before it."""
MAY_HOLD_TAG = re.compile(
    rf"[<◁]|{_FINAL}|\[(?:/?[tr思]|/?\Z)|【(?:思|\Z)|(?:\A|[^\w\s])(?:{_PARTS_OF_FINAL})\Z", re.IGNORECASE
)
"""What a piece may hold of a tag; a citation such as [1] is none."""
_BLANKS_IN_TAG = re.compile(r"^<\s*(/?)\s*")
_DETAILS_BEGIN = re.compile(
    rf"<details{_ATTRIBUTES}(?:>\s{{0,4}}(?:<(?:summary{_ATTRIBUTES}(?:>[^<>\n]{{0,80}}(?:<(?:/\w{{0,7}})?)?)?"
    r"|s\w{0,6})?)?)?\Z"
)
"""Of a part that folds, what may turn out to fold thoughts."""
LONGEST_DETAILS = 300
LONGEST_TAG = 110
MOST_KEPT = 20_000
"""Characters of reasoning that are remembered; all of it is counted."""


def unclear_end(text: str) -> int:
    """How many characters at the end of `text` may begin a tag."""
    if (details := text.rfind("<details", -LONGEST_DETAILS)) >= 0 and _DETAILS_BEGIN.match(text, details):
        return len(text) - details
    tail = text[-LONGEST_TAG:]
    place = max(tail.rfind("<"), tail.rfind("["), tail.rfind("◁"), tail.rfind("【"))
    for start in (tail.rfind("<", 0, max(place, 0)), place):  # `<|start|>assistant<|chan`
        if start >= 0 and _begins_tag(tail[start:].lower()):
            return len(tail) - start
    final = FINAL_BEGINS.search(text, max(len(text) - LONGEST_FINAL, 0))
    return len(final[1]) if final else 0


def _begins_tag(tail: str) -> bool:
    if tail[0] != "<" and tail[:2] not in _PREFIXES:  # [1]
        return False
    compact = _BLANKS_IN_TAG.sub(r"<\1", tail)
    if compact in _PREFIXES or (">" not in compact and compact.startswith(_OPEN_ENDED)):
        return True
    return bool(_HARMONY_BEGINS.match(compact))
