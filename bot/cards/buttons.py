"""The buttons under an answer and what the card shows after they were pressed.

Two buttons stand in sight, feedback; the rest fold away, so that a card on a phone is an answer and not a
control panel. The reason form stands at the root of the card's body, the only place Feishu allows a form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.answer import Answer, CardState, Feedback, Human, Outcome
from bot.cards.parts import Element, button_row, callback_button, markdown, panel, plain
from bot.cards.presses import Press, PressSigner
from bot.markdown.dialect import escape, is_open_id, mention
from bot.messages import say

REASON_FIELD = "reason"
"""Name of the form's input: the reason arrives in the press's form under it."""

_REASON_LENGTH = 500
_MENTIONED = 10
"""Experts mentioned on one card."""

_WITHOUT_FEEDBACK = (Outcome.BUSY, Outcome.FAILED)


class _Buttons:
    """Signs the buttons of one card."""

    def __init__(self, answer: Answer, actions: PressSigner, message_id: str) -> None:
        self._answer = answer
        self._actions = actions
        self._message_id = message_id

    def value(self, kind: Press) -> dict[str, Any]:
        return self._actions.sign(kind, self._message_id, self._answer.asker)

    def button(self, kind: Press, style: str = "default", confirm: tuple[str, str] | None = None) -> Element:
        text = say(kind.label, self._answer.language)
        return callback_button(text, self.value(kind), style=style, confirm=confirm)


def button_elements(answer: Answer, state: CardState, actions: PressSigner, message_id: str) -> list[Element]:
    """The elements under an answer: the state of feedback and hand-over, then the buttons still useful."""
    if answer.outcome is Outcome.BUSY:
        return []
    buttons = _Buttons(answer, actions, message_id)
    elements = _feedback_line(answer, state) + _human_line(answer, state)
    if state.searching_web:
        elements.append(markdown(escape(say("web_searching", answer.language)), "web", small=True))
    row = _row(answer, state, buttons)
    if row:
        elements.append(button_row(row, "buttons"))
    if state.feedback is Feedback.ASKING_REASON:
        elements.append(_reason_form(answer, buttons))
    folded = _folded(answer, state, buttons)
    if folded:
        title = say("panel_more", answer.language)
        elements.append(panel(title, [button_row(folded, "more_buttons")], "more"))
    return elements


def _feedback_line(answer: Answer, state: CardState) -> list[Element]:
    names = {Feedback.HELPFUL: "feedback_thanks", Feedback.NOT_HELPFUL: "feedback_sorry"}
    name = names.get(state.feedback)
    return [markdown(escape(say(name, answer.language)), "feedback", small=True)] if name else []


def _human_line(answer: Answer, state: CardState) -> list[Element]:
    if state.human is Human.NONE:
        return []
    person = _person(state.taken_by)
    if state.human is Human.ASKED:
        text = say("human_asked", answer.language, people=people(state.experts))
    elif state.human is Human.TAKEN:
        text = say("human_taken", answer.language, person=person)
    elif person:
        text = say("human_resolved", answer.language, person=person)
    else:
        text = say("human_resolved_self", answer.language)
    return [markdown(text, "human", small=True)]


def people(open_ids: Sequence[str]) -> str:
    """Mentions of the experts, the first ten."""
    return " ".join(_person(open_id) for open_id in open_ids[:_MENTIONED])


def _person(open_id: str) -> str:
    """A mention; a misspelt id in the settings is shown as it stands, for Feishu refuses a card over it."""
    return mention(open_id) if is_open_id(open_id) else escape(open_id)


def _row(answer: Answer, state: CardState, buttons: _Buttons) -> list[Element]:
    row = []
    if state.feedback is Feedback.NONE and answer.outcome not in _WITHOUT_FEEDBACK:
        row += [buttons.button(Press.HELPFUL), buttons.button(Press.NOT_HELPFUL)]
    if state.human is Human.NONE and state.experts:
        row.append(buttons.button(Press.ASK_HUMAN))
    if state.human is Human.ASKED:
        row.append(buttons.button(Press.TAKE, "primary"))
    if state.human in (Human.ASKED, Human.TAKEN):
        row.append(buttons.button(Press.RESOLVE))
    return row


def _folded(answer: Answer, state: CardState, buttons: _Buttons) -> list[Element]:
    folded = []
    if state.can_search_web and not state.searching_web:
        folded.append(buttons.button(Press.WEB))
    if answer.further and not state.more_sources:
        folded.append(buttons.button(Press.SOURCES))
    folded.append(buttons.button(Press.WHY))
    confirm = (say("confirm_recall_title", answer.language), say("confirm_recall", answer.language))
    folded.append(buttons.button(Press.RECALL, confirm=confirm))
    return folded


def _reason_form(answer: Answer, buttons: _Buttons) -> Element:
    submit = callback_button(
        say(Press.REASON.label, answer.language), buttons.value(Press.REASON), style="primary"
    )
    prompt = {
        "tag": "input",
        "name": REASON_FIELD,
        "element_id": "reason",
        "placeholder": plain(say("reason_prompt", answer.language)),
        "max_length": _REASON_LENGTH,
        "width": "fill",
    }
    return {
        "tag": "form",
        "name": "reason_form",
        "element_id": "reason_form",
        "elements": [prompt, {**submit, "name": "send_reason", "form_action_type": "submit"}],
    }
