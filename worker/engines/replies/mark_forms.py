"""The forms of what models write for their servers: calls of tools, and the marks of chat templates.

Read from the templates and parsers of the models in use: Qwen, Hermes, GLM, InternLM, Kimi, DeepSeek (whose
bars and blanks are wide characters, see WIDE), MiniMax, Granite, Phi, Mistral, Llama, Gemma, Command,
Baichuan and gpt-oss. Case is not looked at: quantised models change it.
"""

from __future__ import annotations

import re

WIDE = str.maketrans("｜▁", "|_")
"""Makes DeepSeek's marks like the others', character by character."""
_TOOLS = "tool_calls?|function_calls?|functioncall|functions?|tool_use|tool_code|tool_requests?|tools?|invoke"
_TAGS = rf"(?:\|?DSML\||\w{{1,12}}:)?(?:{_TOOLS}|tool_responses?)"
_MARKS = (
    r"(?:tool|function)_?calls?(?:_section)?(?:_begin|_start)?|action_start|start_action|plugin|interpreter|"
    r"python_(?:tag|start)|tool_outputs?_begin|tool_response|start_tool_result|tool_call_argument_begin"
)
_CALLS = (
    rf"<{_TAGS}(?:=|\s)[^<>\n]{{1,80}}>"
    rf"|<{_TAGS}>(?=\s*+(?:[{{\[]|<[\w|]|\Z|[\w.:-]{{1,64}}+(?:[ \t]*+\n|\s*+<arg_|\s*+\Z)))"
    rf"|<\|(?:{_MARKS})\|?>|<start_function_call>"
    r"|\[(?:TOOL_CALLS|TOOL_REQUEST|TOOL_RESULTS|AVAILABLE_TOOLS)\]|✿(?:FUNCTION|ARGS|RESULT)✿"
    r"|```(?:tool_calls?|tool_code|tool_use|function_calls?)[ \t]*(?=\n)"
)
"""Where a call of a tool, or what one gave back, begins. A bare tag amid a sentence is none."""
_CALL_ENDS = (
    rf"</{_TAGS}>|<\|/(?:{_MARKS})\|>|<(?:tool_call|tool_response)\|>|<end_function_call>"
    r"|<\|(?:tool|function)_?calls?(?:_section)?_end\|>|<\|end_(?:tool_calls?|action|tool_result)\|>"
    r"|<\|(?:tool_outputs?|action|python)_end\|>|\[END_TOOL_REQUEST\]|\[/(?:TOOL_CALLS|TOOL_RESULTS)\]|✿RETURN✿"
)
_ALONE = (
    r"<\|/?(?:(?:begin_of_|end_of_)box|(?:box|vision|object_ref|quad|ref|det|grounding|image|audio|video)\w*)"
    r"\|>"
)
"""Marks within an answer, which goes on behind them."""
_TURNS = (
    r"<\|[a-z_/][\w:/-]{0,40}\|>|</?s>|<(?:eos|bos|pad|unk|eoa|eoh|eot|eom|sop|eop)>|<(?:end|start)_of_turn>"
    r"|\[/?INST\]|<</?SYS>>|\[UNUSED_TOKEN_\d+\]|<(?:TOKENS_UNUSED|reserved)_\d+>|\[g?MASK\]|\[/?SYSTEM_PROMPT\]"
)
"""What stands between turns: a reply that holds one is over."""
ANY = re.compile(
    rf"(?P<call>{_CALLS})|(?P<stray>{_CALL_ENDS})|(?P<alone>{_ALONE})|(?P<turn>{_TURNS})", re.IGNORECASE
)
TURN = re.compile(_TURNS, re.IGNORECASE)
ALONE_RUN = re.compile(rf"(?>(?:{_ALONE})+)", re.IGNORECASE)
CALL_LIKE = re.compile(r"\A\s*+(?:[\[{<✿]|\Z|[\w.:/-]{1,64}+[ \t]*+(?:[\n(\[{=<|]|\Z))", re.IGNORECASE)
"""What a call begins with: JSON, another tag, or the name of a tool."""
OPENS_TURN = re.compile(
    r"<\|(?:im_start|start\w*|header_start|user\w*|system\w*|human|assistant|bot|chatbot_token|observation|ipython|"
    r"developer|environment|prompter)\|>|<start_of_turn>|\[/?INST\]|<</?SYS>>|\[UNUSED_TOKEN_\d+\]|\[SYSTEM_PROMPT\]"
    r"|<(?:TOKENS_UNUSED|reserved)_\d+>",
    re.IGNORECASE,
)
"""The marks between turns behind which one begins."""
CALL_ENDS = re.compile(_CALL_ENDS, re.IGNORECASE)
FENCE_ENDS = re.compile(r"\n[ ]{0,3}```")
LONGEST_END = 60
STEP = 1_000
"""Characters of a long piece that the filters read at a time, so that no mark costs the rest of the piece."""
RUN_OF_TURNS = re.compile(rf"(?>(?:(?:{_TURNS})\s*+)+)", re.IGNORECASE)
GLUED_TURNS = re.compile(rf"(?>(?:{_TURNS})+)", re.IGNORECASE)
LONG_RUN = re.compile(rf"(?:(?:{_TURNS})\s*+){{8}}", re.IGNORECASE)
"""So many marks together are in no sentence: a model that goes on with `<pad>` for ever."""
NEEDS_NOTHING = re.compile(
    r"end|eo[tsmah]\b|user|system|human|observation|im_start|start_header|start_of_turn|pad|unk|INST|SYS|</s>",
    re.IGNORECASE,
)
"""In marks that say, also where a reply begins, that there is none; any other is passed over there."""
_OPENS = r"<\|(?:im_start|start_header_id|header_start|start|start_of_turn_token)\|>|<start_of_turn>"
BEGINS = re.compile(
    rf"\A(?:(?:{_OPENS})\s*+(?:assistant|model|gpt|bot|<\|chatbot_token\|>)"
    r"|<\|(?:end_header_id|header_end|message)\|>"
    r"|<\|(?:assistant|bot|chatbot_token|begin_?of_?text|begin_?of_?sentence|startoftext)\|>"
    r"|<s>|<bos>|<sop>|\[/INST\]|\[gMASK\])(?P<blanks>\s*+)",
    re.IGNORECASE,
)
"""A turn of the assistant's own, begun once more where the reply begins."""
TURN_BEGINS = re.compile(rf"\A(?:{_OPENS})\s*+(?:\w{{0,12}}|<\|?\w{{0,14}}\|?)\Z", re.IGNORECASE)
MAY_BEGIN = re.compile(
    rf"<(?:[|/a-z<][^<>\n]{{0,100}})?\Z|<<(?:/?S?Y?S?>?)?\Z|\[/?(?:[a-z][a-z_0-9]{{0,24}})?\Z|✿\w{{0,8}}\Z"
    rf"|<{_TAGS}>\s*+[\w.:-]{{0,64}}+\s*+(?:<(?:a|ar|arg)?)?\Z|`{{1,3}}(?:[tf]\w{{0,14}})?[ \t]*\Z",
    re.IGNORECASE,
)
"""What at the end of a piece may become a mark; the last but one waits for what the tag holds."""
SUSPECT = re.compile(r"<(?:[|｜/a-z<]|\Z)|\[(?:[/a-z]|\Z)|```|`\Z|✿", re.IGNORECASE)
"""What every mark begins with: the quick look."""
_KEYS = (
    "name|tool|tool_name|function|function_name|function_call|tool_call|tool_calls|action|"
    "type|id|call_id|index"
)
BARE = re.compile(rf'\A(?>(?:functools)?)\[?+\s*+\{{\s*+"(?:{_KEYS})"\s*+:', re.IGNORECASE)
"""A call written as an object alone; whether it is one is known only at the end."""
_BEFORE_IT = "|".join("functools"[:size] for size in range(1, 9))
BARE_BEGINS = re.compile(
    rf'\A(?:{_BEFORE_IT}|(?>(?:functools)?)\[?+\s*+(?>(?:\{{\s*+(?>(?:"\w{{0,14}}+"?+\s*+)?))?))\Z',
    re.IGNORECASE,
)
BEGINNINGS = "<[{fF"
"""What a turn begun once more, and such a call, begin with."""
BETWEEN = re.compile(r"[\s;,]*+")
"""What stands between such calls."""
