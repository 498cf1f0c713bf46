"""An answer about language models keeps the marks that it speaks of, wherever the pieces are cut.

The marks are those of every template in the tables; the sentences are what documents about models say of
them.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_reply_marks import CALL, cut, read

ENDS = (
    "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<|end|>", "</s>", "<eos>",
    "<end_of_turn>", "<pad>", "<unk>", "<eoa>", "<|END_OF_TURN_TOKEN|>", "<｜end▁of▁sentence｜>",
    "<|return|>",
    "[UNUSED_TOKEN_145]", "<|EOT|>", "[MASK]", "[gMASK]",
)  # fmt: skip
BEGINS = (
    "<|im_start|>", "<|start_header_id|>", "<|user|>", "<|system|>", "<|assistant|>", "<start_of_turn>",
    "[INST]",
    "[/INST]", "<<SYS>>", "<</SYS>>", "<s>", "<bos>", "<｜User｜>", "<|begin_of_text|>", "<reserved_106>",
    "<|observation|>", "[SYSTEM_PROMPT]", "<|START_OF_TURN_TOKEN|>", "<|channel|>", "<|message|>",
)  # fmt: skip
CALLS = (
    "<tool_call>", "</tool_call>", "<tool_response>", "<|tool_call|>", "[TOOL_CALLS]", "[AVAILABLE_TOOLS]",
    "<function=search>", '<tool name="search">', "<tool …>", "<|python_tag|>", "<|action_start|>",
    "✿FUNCTION✿",
    "<｜tool▁calls▁begin｜>", "<start_function_call>", "<|tool_calls_section_end|>", "<end_function_call>",
    "<invoke name='x'>", "</function_calls>", "[/TOOL_CALLS]", "<|plugin|>", "<functions>",
)  # fmt: skip
WRAPS = (
    "<|vision_start|>", "<|vision_end|>", "<|begin_of_box|>", "<|end_of_box|>", "<|image_pad|>",
    "<|box_start|>",
)  # fmt: skip
THOUGHTS = (
    "<think>", "</think>", "<thinking>", "</thinking>", "[THINK]", "[/THINK]", "<reasoning>", "◁think▷",
    "◁/think▷",
    "<|begin_of_thought|>", "<|END_THINKING|>", "<seed:think>", "</seed:think>", "<answer>", "</answer>",
    "<think/>", "<unused95>", "<|think|>", "<thought>", "<scratchpad>", '<details type="reasoning">',
)  # fmt: skip
MARKS = (*ENDS, *BEGINS, *CALLS, *WRAPS, *THOUGHTS)
SPEAKS = (
    "The template writes {} there and goes on [1].",
    "Its mark is {}, as the documents say [1].\n\nThen train it.",
    "Set `eos_token` to {} and restart [1].",
    "It needs a mark ({}) at that place [1].",
    "Models write “{}” and users do not see it [1].",
    "模板会写入 {}，然后继续 [1]。",
    "这个标记是{}，文档里有说明 [1]。",
    "特殊标记“{}”不会显示给用户 [1]。\n\n然后重启。",
    "Marks [1]:\n\n- {}\n- `x`: another\n\nThat is all.",
    "Marks [1]:\n\n- {}: what it is\n\nThat is all.",
    "Marks [1]:\n\n1. {}\n2. others\n\nThat is all.",
    "| Mark | Meaning |\n|---|---|\n| {} | see [1] |\n| x | y |\n",
    "> A quote with {} in it [1].\n\nThat is all.",
    "> {}\n\nThat was quoted [1].",
    "The mark **{}** is special [1].",
    "## About {} in templates\n\nRead on [1].",
    "Run `a {} b` [1].",
    "``{}`` is it [1].",
    "```\n{}\n```\n\nThat is the template [1].",
    "```text\nuser {} x\n{}\n```\n\nThat is the template [1].",
    "- one [1]:\n\n  ```jinja\n  {}\n  ```\n\nThat is all.",
    "~~~\n{} \n~~~\nSo.",
    "It is written so. {} marks that place [1].",
    "{} is what the template writes [1].\n\nThen more.",
    "{} 表示该处的开始 [1]。\n\n然后继续。",
    "{}是模板写入的标记 [1]。",
    "`{}` is what the template writes [1].",
    "写法如下。{}表示开始 [1]。",
)


def whole(text: str) -> str:
    return read([text])[0].strip()


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_that_an_answer_speaks_of_stays(mark: str) -> None:
    for speaks in SPEAKS:
        text = speaks.replace("{}", mark)
        middle = text.index(mark) + len(mark) // 2
        assert {whole(text), read([text[:middle], text[middle:]])[0].strip()} == {text.strip()}


@pytest.mark.parametrize("mark", MARKS[::3])
@pytest.mark.slow
def test_in_pieces_of_one_character_too(mark: str) -> None:
    for speaks in SPEAKS:
        text = speaks.replace("{}", mark)
        assert read(list(text))[0].strip() == text.strip()


LISTS = (
    "End marks of Gemma:\n\n- {}\n- {}",
    "* {}\n* {}",
    "1. {}\n2. {}",
    "1、{}\n2、{}",
    "- [ ] {}\n- [x] {}",
    "3 {}\n14 {}",
    "7 → {}\n8 → {}",
    "first -> {}\nlast -> {}",
    "Start — {}\nEnd — {}",
    "Start - {}\nEnd - {}",
    "**Start:** {}\n\n**End:** {}",
    "**开始**：{}\n**结束：**{}",
    "The special tokens are:\n\n{}\n{}",
    "**Tags of this family:**\n{}\n{}",
    "特殊标记如下：\n\n{}\n{}\n",
    "| a | b |\n|---|---|\n| {} | {} |",
    "a | b\n---|---\nx | {}\ny | {}",
    "> {}\n> {}",
)
PAIRS = (
    ("<|start_header_id|>", "<|eot_id|>"),
    ("<s>", "</s>"),
    ("<bos>", "<eos>"),
    ("<pad>", "<end_of_turn>"),
    ("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"),
    ("<think>", "</think>"),
    ("[THINK]", "[/THINK]"),
)


@pytest.mark.parametrize("text", LISTS)
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: str(pair[1]))
def test_the_last_of_a_list_of_marks_stays(text: str, pair: tuple[str, str]) -> None:
    text = text.replace("{}", pair[0], 1).replace("{}", pair[1])
    ways = [[text], cut(text, 1), cut(text, 3), cut(text, 17)]
    assert {read(pieces)[0].strip() for pieces in ways} == {text.strip()}


@pytest.mark.parametrize(
    "before", ["Then restart.", "- a\n- Restart it", "| a | b |\n|---|---|\n| 1 | 2 |", "**Done**"]
)
@pytest.mark.parametrize("mark", ["<|eot_id|>", "</s>", "</s></s>", "\n<|im_end|>\n"])
def test_an_end_mark_behind_what_is_said_is_the_servers(before: str, mark: str) -> None:
    assert {read(pieces)[0].strip() for pieces in ([before + mark], cut(before + mark, 1))} == {before}


@pytest.mark.parametrize(
    "text",
    [
        "Its closing tag:\n</think>",
        "The tags are:\n<think>\n</think>\nWrite both.",
        "标签如下：\n</think>\n就这一个。",
    ],
)
def test_tags_of_thoughts_below_a_line_that_announces_them_stay(text: str) -> None:
    ways = [[text[:place], text[place:]] for place in range(len(text))]
    assert {read(pieces)[0].strip() for pieces in [*ways, cut(text, 1)]} == {text}


@pytest.mark.parametrize("said", ["Now the answer:", "The tags are clear:"])
def test_thoughts_that_end_with_a_colon_stay_hidden(said: str) -> None:
    text = f"They ask.\n{said}\n</think>\n\nRestart it [1]."
    ways = [[text[:place], text[place:]] for place in range(len(text))]
    assert {read(pieces)[0].strip() for pieces in [*ways, cut(text, 1)]} == {"Restart it [1]."}


CASES = (
    "analysisMode is a setting of the engine [1]: `fast` or `full`.",
    "analysisTheme changes its colours [1].",
    "Leaving out the special tokens gives analysis and assistantfinal as words of the text [1].",
    f"Qwen writes <tool_call>{CALL}</tool_call> into its reply [1].",
    "The model first thinks between <think> and </think>, then it answers [1].",
    "思考以</think>结束，然后才是回答 [1]。",
    "Thoughts stand between the tags, e.g. <thinking> and its end [1].",
    "The marks are:\n\n<|im_start|>\n<|im_end|>\n<|endoftext|>\n\nEach is one token [1].",
    "ChatML [1]:\n\n```\n<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n```\n\n"
    "End it with `<|im_end|>`.",
    "How it looks [1]:\n\n    <|im_start|>system\n    You are...<|im_end|>\n\nAnd that is all.",
    "**<|im_start|>** starts a turn [1].\n\n**<|im_end|>** ends it [2].",
    "格式为：<s>[INST] 问题 [/INST] 回答</s> [1]。\n\n注意空格。",
    "A turn begins so [1].\n\n    <|im_start|>user\n\nand goes on.",
    "The end token is <|im_end|>",
    "结束标记是 </s>",
    "Use 3 < 4 and <|> and <|x y|> and [a] [1].",
)


@pytest.mark.parametrize("text", CASES)
def test_what_documents_about_models_say(text: str) -> None:
    ways = [[text[:place], text[place:]] for place in range(len(text))]
    assert {read(pieces)[0].strip() for pieces in [*ways, cut(text, 1)]} == {text.strip()}


@pytest.mark.slow
@given(
    st.lists(st.sampled_from([*SPEAKS, *CASES]), max_size=3, unique=True), st.sampled_from(MARKS), st.data()
)
@settings(max_examples=300, deadline=None)
def test_pieces_of_any_size_show_what_the_whole_shows(
    parts: list[str], mark: str, data: st.DataObject
) -> None:
    text = data.draw(st.sampled_from(["", " ", "\n", mark])).join(parts).replace("{}", mark)
    places = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=12)))
    pieces = [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]
    assert read(pieces) == read([text])
