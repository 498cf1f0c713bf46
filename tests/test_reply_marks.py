"""What a model writes for its server never reaches a card, wherever the pieces are cut."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from worker.engines.replies.answer import AnswerReading
from worker.engines.replies.chunks import Chunk
from worker.engines.replies.marks import MarksFilter, without_marks
from worker.engines.replies.scores import read_score

SHOWN = "Run `pip install harbor` [1]."
CALL = '{"name": "search_documents", "arguments": {"query": "install harbor [1]"}}'
DEEPSEEK = f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>search\n```json\n{CALL}\n```"
CALLS = {
    "Qwen, Hermes": f"<tool_call>\n{CALL}\n</tool_call>",
    "twice": f"<tool_call>{CALL}</tool_call>\n<tool_call>{CALL}</tool_call>",
    "Qwen3-Coder": "<tool_call>\n<function=search>\n<parameter=q>\nharbor\n</parameter>\n</function>\n"
    "</tool_call>",
    "GLM": "<tool_call>search\n<arg_key>q</arg_key>\n<arg_value>harbor</arg_value>\n</tool_call>",
    "Granite": f"<|tool_call|>[{CALL}]<|/tool_call|>",
    "Mistral": f"[TOOL_CALLS] [{CALL}][/TOOL_CALLS]",
    "InternLM": f"<|action_start|><|plugin|>\n{CALL}<|action_end|>",
    "Kimi": "<|tool_calls_section_begin|><|tool_call_begin|>functions.search:0<|tool_call_argument_begin|>"
    f"{CALL}<|tool_call_end|><|tool_calls_section_end|>",
    "DeepSeek": f"{DEEPSEEK}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
    "DeepSeek's markup": '<｜DSML｜function_calls>\n<｜DSML｜invoke name="search">q</｜DSML｜invoke>\n'
    "</｜DSML｜function_calls>",
    "MiniMax": '<minimax:tool_call>\n<invoke name="search">\n<parameter name="q">h</parameter>\n</invoke>\n'
    "</minimax:tool_call>",
    "Llama": f"<function=search>{CALL}</function>",
    "Llama 4": "<|python_start|>search(q='harbor')<|python_end|>",
    "Command": f"<|START_ACTION|>[{CALL}]<|END_ACTION|>",
    "Gemma": "```tool_code\nsearch(q='harbor')\n```\n",
    "Gemma, functions": "<start_function_call>call:search{q:<escape>h<escape>}<end_function_call>",
    "what a tool gave back": f"<tool_response>\n{CALL}\n</tool_response>",
    "upper case": f"<TOOL_CALL>{CALL}</TOOL_CALL>",
}
UNCLOSED = {
    "Llama's python tag": f"<|python_tag|>{CALL}<|eom_id|>",
    "Mistral's list": f"[TOOL_CALLS][{CALL}]",
    "Qwen, cut": f"<tool_call>\n{CALL[:40]}",
    "Qwen, only the tag": "<tool_call>",
    "DeepSeek, cut": DEEPSEEK,
    "Qwen-Agent": f"✿FUNCTION✿: search\n✿ARGS✿: {CALL}",
}
ALONE = {
    "an object": CALL,
    "a list": f"[{CALL}, {CALL}]",
    "with parameters": '{"name": "search", "parameters": {"q": "harbor"}}',
    "OpenAI's own": '{"type": "function", "function": {"name": "search", "arguments": "{}"}}',
    "Anthropic's own": '{"type": "tool_use", "id": "toolu_1", "name": "search", "input": {"q": "harbor"}}',
    "LangChain's own": '{"action": "search", "action_input": "harbor"}',
    "with the list around it": f'{{"tool_calls": [{{"id": "c1", "type": "function", "function": {CALL}}}]}}',
    "functools": f"functools[{CALL}]",
    "one a line": f"{CALL}\n{CALL}<|eot_id|>",
    "one that finds, as LangChain writes it": '{"action": "lookup", "action_input": {"q": "harbor"}}',
    "of any name, wrapped": '{"function_call": {"name": "restart", "arguments": "{}"}}',
}
ENDS = (
    "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "</s>", "<end_of_turn>",
    "<eos>", "<pad><pad>", "<｜end▁of▁sentence｜>", "<｜User｜>And how",
    "<|user|>\nAnd how", "<|observation|>",
    "<|im_start|>user\nAnd how", "<|start_header_id|>user<|end_header_id|>\n\nAnd how",
    "[INST] And how [/INST]", "[/INST] More", "<<SYS>>You are", "<start_of_turn>user\nAnd how",
    "[UNUSED_TOKEN_145]", "<|EOT|>",
    "<|im_start|>assistant\nAnd more", "<|END_OF_TURN_TOKEN|>", "<eoa>", "<reserved_106>And how",
    "<|return|>",
)  # fmt: skip
BEGINS = (
    "<|im_start|>assistant\n", "<|start_header_id|>assistant<|end_header_id|>\n\n", "<|assistant|>\n", "<s>",
    "<s> [/INST] ", "<start_of_turn>model\n", "<bos>", "<｜Assistant｜>", "[gMASK]<sop>", "<|begin_of_text|>",
    "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>", "<|START_TEXT|>", "</tool_call>\n",
)  # fmt: skip
STAY = (
    "In a template, `<|im_start|>user` begins a turn and `<|eot_id|>` ends one [1].",
    "Qwen wraps its calls in <tool_call></tool_call> tags [1].",
    "Its reply [1]:\n\n```\n<tool_call>\n{}\n</tool_call>\n<|eot_id|>\n```\n",
    "``<|eot_id|>`` is the end mark [1].",
    "Use `List<String>` and a < b, x <| f, [INSTALL](u), [1] and [A][2].",
    '{"name": "harbor", "version": 2}',
    '{"name": "harbor"} is the whole file [1].',
    "```json\n" + CALL + "\n```\n\nSend this to search [1].",
    "Send this to search [1]:\n\n```json\n" + CALL + "\n```",
    '```json\n{"name": "harbor", "version": 2}\n```',
    '```json\n{"registry": {"name": "harbor", "parameters": {}}}\n```',
    "```\nharbor serve\n```",
    "It is <s>4</s> 8 [1].",
    "[Install] first, then `[INST]`.",
    "```python\nprint(1)\n```\n\nDone [1].",
    "What is the end token? <|im_end|>",
    "Which tag closes the thoughts? </think>",
    "结束标记是什么？ <|im_end|>",
    "What is the end token? <|im_end|>\n\nWhich ends a text? <|endoftext|>\n\nAnd opens a turn? <|im_start|>",
    "**Which token ends a turn?** <|im_end|>\n**Which one ends a text?** <|endoftext|>",
    "- 结束标记是什么？ <|im_end|>\n- 文本在哪里结束？ <|endoftext|>\n\n就这些 [1]。",
    "1. Which tag closes the thoughts? </think>\n2. Which one opens them? <think>\n3. And a turn? <|im_end|>",
    "A list:\n\n- `a`\n- <b>bold</b>\n- 3 <",
)


def read(pieces: list[str], opened: str = "no") -> tuple[str, str]:
    """(what is shown at the end, why there is nothing) of a reply in these pieces."""
    reading, shown = AnswerReading(opened), ""
    for piece in pieces:
        text = reading.feed([Chunk(piece)])
        shown = text if reading.anew else shown + text
        if reading.stopped:
            break
    text = reading.end()
    shown = text if reading.anew else shown + text
    return shown, reading.silence


def cut(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def everywhere(text: str) -> set[tuple[str, str]]:
    """What comes of a reply cut once at every place, into single characters and into threes."""
    ways = [[text[:place], text[place:]] for place in range(len(text))]
    return {(shown.strip(), silence) for shown, silence in map(read, [*ways, cut(text, 1), cut(text, 3)])}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_of_a_tool_is_not_shown(name: str) -> None:
    assert everywhere(CALLS[name]) == {("", "tools")}
    assert everywhere(f"{CALLS[name]}\n\n{SHOWN}") == {(SHOWN, "")}
    assert everywhere(f"{SHOWN}\n\n{CALLS[name]}") == {(SHOWN, "")}


@pytest.mark.parametrize("name", UNCLOSED)
def test_nor_one_that_has_no_end(name: str) -> None:
    assert everywhere(UNCLOSED[name]) == {("", "tools")}
    assert everywhere(f"{SHOWN} {UNCLOSED[name]}") == {(SHOWN, "")}


@pytest.mark.parametrize("name", ALONE)
def test_nor_one_that_is_written_as_an_object_alone(name: str) -> None:
    assert everywhere(ALONE[name]) == {("", "tools")}


WANTED = (
    '{"name": "harbor", "input": {"file": "a.log"}}',
    '{"action": "allow", "parameters": {"port": 80}}',
    '{"action": "restart"}',
    '{"type": "memory", "parameters": {"size": 4}}',
    '{"type": "object", "parameters": {}}',
    '{"name": "search", "arguments": {"q": "x"}, "description": "Looks for x"}',
    '{"name": "search", "description": "d", "parameters": {"type": "object", "properties": {}}}',
    '{"name": "search", "parameters": {"type": "object", "properties": {"q": {"type": "string"}}}}',
    '{"name": "search", "parameters": ["q"]}',
    '{"name": "my search", "parameters": {}}',
    '{"function": "linear", "input": "x"}',
    '{"name": "a", "args": "--verbose"}',
    '[{"name": "a", "arguments": {}}, {"name": "b"}]',
    "```json\n" + '{"name": "benthos", "input": {"stdin": {}}}' + "\n```",
    '{"name": "billing-hook", "parameters": {"retries": 3}}',
    '{"tool": "hammer", "arguments": {"size": 4}}',
    '{"action": "reboot", "action_input": "tonight"}',
    f"```json\n{CALL}\n```",
    f"```\n{CALL}\n```",
    f"~~~ JSON\n[\n  {CALL}\n]\n~~~",
    f"```json\n{CALL}",
    f"```json\n{CALL}\n```\n\n```json\n[{CALL}]\n```",
)
"""What a file of settings, or the body of a request, may be: no form in which models call."""


@pytest.mark.parametrize("text", WANTED)
def test_json_with_other_keys_is_an_answer(text: str) -> None:
    assert everywhere(text) == {(text, "")}


@pytest.mark.parametrize(
    "question",
    [
        "Which JSON do I send?",
        "Show me the config",
        "请求体怎么写？",
        "What does a tool call look like?",
        "Give an example",
    ],
)
@pytest.mark.parametrize("name", ALONE)
def test_json_that_was_asked_for_is_an_answer(name: str, question: str) -> None:
    reading = AnswerReading(question=question)
    shown = "".join(reading.feed([Chunk(piece)]) for piece in cut(ALONE[name], 9)) + reading.end()
    assert reading.silence == ""
    assert shown == ALONE[name].removesuffix("<|eot_id|>")


@pytest.mark.parametrize("mark", ENDS)
def test_the_answer_ends_where_another_turn_begins(mark: str) -> None:
    assert everywhere(f"{SHOWN}{mark} much more [2].") == {(SHOWN, "")}
    assert everywhere(f"{SHOWN}\n{mark}") == {(SHOWN, "")}


@pytest.mark.parametrize(
    "mark", ["<|eot_id|>", "</s>", "<|endoftext|><|endoftext|>\n", "<｜end▁of▁sentence｜>"]
)
def test_an_end_mark_at_the_very_end_counts_in_open_code_too(mark: str) -> None:
    assert everywhere(f"Run [1]:\n\n```\nharbor up{mark}") == {("Run [1]:\n\n```\nharbor up", "")}


@pytest.mark.parametrize("mark", ["<|eot_id|>", "<｜end▁of▁sentence｜>", "<|im_end|><|endoftext|>"])
def test_end_marks_at_the_very_start_are_not_shown_however_many(mark: str) -> None:
    assert everywhere(f"{mark}{SHOWN}") == everywhere(f"{mark}{mark}{SHOWN}")
    assert "|" not in str(everywhere(f"{mark}{mark}{SHOWN}"))


def test_the_answer_ends_behind_a_nested_list_too() -> None:
    answer = "- a [1]\n    - b [1]."
    assert everywhere(f"{answer}<|im_end|>\n<|im_start|>user\nAnd how") == {(answer, "")}


def test_a_model_that_goes_on_with_one_mark_is_stopped() -> None:
    reading = AnswerReading()
    shown, pieces = "", 0
    while not reading.stopped and pieces < 50:
        shown, pieces = shown + reading.feed([Chunk("<pad>" if pieces else SHOWN)]), pieces + 1
    assert (shown + reading.end(), pieces) == (SHOWN, 9)


@pytest.mark.parametrize("mark", BEGINS)
def test_the_mark_of_its_own_turn_is_passed_over(mark: str) -> None:
    assert everywhere(mark + SHOWN) == {(SHOWN, "")}


@pytest.mark.parametrize("text", STAY)
def test_what_an_answer_says_of_marks_stays(text: str) -> None:
    assert everywhere(text) == {(text.strip(), "")}


@pytest.mark.parametrize("begin", ["", "<|assistant|>", "<s>", "<|im_start|>assistant\n", "Sure, wait. "])
def test_thoughts_left_open_stay_hidden_behind_a_mark_or_a_sentence(begin: str) -> None:
    shown = {
        read(pieces)[0].strip()
        for pieces in (cut(f"{begin}<think>The user asks", size) for size in (1, 4, 99))
    }
    assert shown <= {"", "Sure, wait."}
    assert len(shown) == 1


@pytest.mark.parametrize(
    "reply",
    [
        "It asks. </think>\n\n{}",
        "It asks </think>\n\n{}",
        "It asks how</think>\n**Yes.** {}",
        "It asks.</think>**Yes.** {}",
        "所以直接回答</think>\n{}",
        '<think>"How do I" is asked.</think>{}',
        "<think>**Looking** at it.</think>{}",
        "<think> The user asks.\n</think>\n{}",
        "<think>用户问怎么装。\n</think>\n{}",
        "<think>是的，用户在问。</think>\n\n{}",
        "Sure. <think>How? I say `</think>` here.\n</think>\n{}",
        "analysisWe need to say it.assistantfinal{}",
        "analysisMode, says the user.assistantfinal{}",
        "<think>\nIn the guide:\n~~~\n</think>\n~~~\nends it.\n</think>\n{}",
        "<think>It is\n```xml\n<think>\nwhy\n</think>\nso\n```\nthere.\n</think>\n\n{}",
        "<think>\nI begin\n```\nharbor\n</think>\n\n{}",
    ],
)
def test_thoughts_in_these_forms_are_not_shown(reply: str) -> None:
    text = reply.replace("{}", SHOWN)
    ways = [[text[:place], text[place:]] for place in range(len(text))]
    shown = {read(pieces)[0].strip() for pieces in [*ways, cut(text, 1)]}
    assert {one.removeprefix("**Yes.** ").removeprefix("Sure.").strip() for one in shown} == {SHOWN}


def test_a_box_around_an_answer_is_taken_off() -> None:
    assert (
        without_marks("<|begin_of_box|>Run it [1].<|end_of_box|>\n\nThen more.")
        == "Run it [1].\n\nThen more."
    )


@pytest.mark.parametrize("mark", ["<|eot_id|>", " </s>", "\n<eos>"])
def test_a_score_with_an_end_mark_is_a_number(mark: str) -> None:
    answer = {"choices": [{"message": {"content": f"7{mark}"}}]}
    assert read_score(answer, probabilities=False).value == 7.0


PARTS = st.lists(
    st.one_of(
        st.sampled_from(
            [*CALLS.values(), *UNCLOSED.values(), *ENDS, *BEGINS, *STAY, SHOWN, "\n", "`", "```\n"]
        ),
        st.text('<|>[]{}`_ s/\nITNaeo✿｜"', max_size=8),
    ),
    max_size=6,
)


WRAPS = (
    "<answer>", "<answer><answer>", "<answer><|begin_of_solution|>", "<response>\n<answer>",
    "<answer>analysisWe",
)  # fmt: skip


@pytest.mark.parametrize("begins", WRAPS)
def test_what_wraps_an_answer_twice_is_taken_off_however_it_is_cut(begins: str) -> None:
    assert len(everywhere(f"{begins} need more. {SHOWN} {'And so on. ' * 5}")) == 1


@pytest.mark.parametrize("mark", ["<｜end▁of▁sentence｜>", "<|start_header_id|>", "<|end_of_sentence|>"])
def test_a_mark_that_comes_twice_is_no_reply_once_more(mark: str) -> None:
    """Each is one token, so one piece; a server that sends its reply again sends words."""
    text = f"{mark}{mark}) {SHOWN} {'And so on. ' * 5}"
    assert read([mark, mark, text[2 * len(mark) :]]) == read([text])


@pytest.mark.slow
@given(PARTS, st.data())
@settings(max_examples=400, deadline=None)
@example([SHOWN, "<|", "x", "|>", "\n"], None)
def test_pieces_cut_anywhere_show_what_the_whole_shows(parts: list[str], data: st.DataObject | None) -> None:
    whole = "".join(parts)
    places = sorted(data.draw(st.sets(st.integers(0, len(whole)), max_size=12))) if data else []
    pieces = [whole[start:end] for start, end in zip([0, *places], [*places, len(whole)], strict=True)]
    shown = without_marks(whole)
    reading = MarksFilter()
    assert "".join(map(reading.feed, pieces)) + reading.end() == shown


WORDS = (
    "<|im_end|>", "<|im_start|>", "<think>", "</think>", "\n", "\n\n", "The ", "token ", "ends. ", "`",
    "```\n", "- ", "1. ", "| ", ": ", "。", "停止词", "</s>", "[INST]", "<tool_call>", "</tool_call>", CALL,
    "<answer>", "</answer>", " ", "**", "<|begin_of_box|>", "<|end_of_box|>", "<｜end▁of▁sentence｜>", "[1]",
    "<details>", "a < b ", "<|channel|>final<|message|>", "😀", "analysisWe need ", "assistantfinal",
    "user\n", "What is the end token? ", "> ", "    ", "~~~\n", "/think>", "<thinking>", "◁think▷",
    "◁/think▷",
    SHOWN,
)  # fmt: skip
"""None begins with another: a piece that begins with all before it is the text so far of some gateways."""


@pytest.mark.slow
@given(
    st.lists(st.sampled_from(WORDS), max_size=14, unique=True),
    st.sampled_from(["no", "yes", "maybe"]),
    st.data(),
)
@settings(max_examples=400, deadline=None)
@example(["Yes. ", "No.", "assistantfinal", "\n", SHOWN], "no", None)
@example(["<answer>", "<answer>", SHOWN], "no", None)
def test_a_whole_reply_reads_alike_however_it_is_cut(
    words: list[str], opened: str, data: st.DataObject | None
) -> None:
    """Thoughts and marks together, as a server's stream goes through both."""
    whole = "".join(words)
    places = sorted(data.draw(st.sets(st.integers(0, len(whole)), max_size=12))) if data else []
    pieces = [whole[start:end] for start, end in zip([0, *places], [*places, len(whole)], strict=True)]
    for way in (pieces, cut(whole, 1), cut(whole, 3)):
        assert read(way, opened)[0].strip() == read([whole], opened)[0].strip()
