"""The card on which an admin keeps, edits or refuses what a colleague answered."""

from __future__ import annotations

from collections.abc import Sequence

from bot.answer import Pair
from bot.cards.buttons import people
from bot.cards.parts import Card, Element, button_row, callback_button, card, grey, markdown, plain, shorten
from bot.cards.presses import Press, PressSigner
from bot.cards.text import to_feishu
from bot.markdown.dialect import escape
from bot.messages import say

QUESTION_FIELD, ANSWER_FIELD = "question", "answer"
"""Names of the form's inputs."""
MOST_EDITED = 1000
"""Characters that a field on a card takes; a longer answer is kept as it was said."""


def proposal_card(pair: Pair, admins: Sequence[str], actions: PressSigner | None) -> Card:
    """What was proposed and, while nobody has judged it, a form to edit and keep it."""
    language = pair.language
    if pair.rejected:
        return card(say("title_rejected", language), "grey", [_said(pair), _line("rejected", language)])
    if pair.confirmed_by:
        row = []
        if actions is not None:
            value = actions.sign(Press.REJECT, pair.id, pair.by)
            remove = callback_button(say("button_remove", language), value, size="tiny")
            row = [button_row([remove], "remove")]
        elements = [_said(pair), *to_feishu(pair.answer), _line("confirmed", language), *row]
        return card(say("title_confirmed", language), "green", elements)
    text = say("proposed", language, people=people(admins), person=people([pair.by]) if pair.by else "-")
    elements = [markdown(text.strip())]
    if actions is not None:
        elements.append(_form(pair, actions))
    else:
        elements += [_said(pair), *to_feishu(pair.answer)]
    return card(say("title_proposed", language), "violet", elements)


def _said(pair: Pair) -> Element:
    return markdown(f"**{escape(shorten(pair.question, 300))}**", "question")


def _line(name: str, language: str) -> Element:
    return grey(say(name, language))


def _form(pair: Pair, actions: PressSigner) -> Element:
    language = pair.language
    keep = _submit(Press.KEEP, pair, actions, "primary")
    refuse = _submit(Press.REJECT, pair, actions, "default")
    fields = [_field(QUESTION_FIELD, "label_question", pair.question, language, rows=1)]
    if len(pair.answer) <= MOST_EDITED:
        fields.append(_field(ANSWER_FIELD, "label_answer", pair.answer, language, rows=4))
    else:
        fields += to_feishu(pair.answer)
    return {
        "tag": "form",
        "name": "proposal",
        "element_id": "proposal",
        "elements": [
            *fields,
            button_row([{**keep, "name": "keep"}, {**refuse, "name": "refuse"}], "judge"),
        ],
    }


def _submit(kind: Press, pair: Pair, actions: PressSigner, style: str) -> Element:
    value = actions.sign(kind, pair.id, pair.by)
    button = callback_button(say(kind.label, pair.language), value, style=style)
    return {**button, "form_action_type": "submit"}


def _field(name: str, label: str, value: str, language: str, *, rows: int) -> Element:
    return {
        "tag": "input",
        "name": name,
        "element_id": name,
        "label": plain(say(label, language)),
        "label_position": "top",
        "default_value": value[:MOST_EDITED],
        "input_type": "multiline_text" if rows > 1 else "text",
        **({"rows": rows} if rows > 1 else {}),
        "max_length": MOST_EDITED,
        "width": "fill",
    }
