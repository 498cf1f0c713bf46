"""The buttons under an answer and what the card shows after they were pressed.

Two small buttons stand in sight, feedback; the rest fold away, so that a card on a phone is an answer and not
a control panel. Everybody in a group sees the same card, so in a group it carries only buttons that everybody
may press; what only some may do stands where they are alone or are called to: a private chat, the card that
calls the experts. The reason form stands at the root of the card's body, the only place Feishu allows a form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.answer import Answer, CardState, Feedback, Human, Outcome
from bot.cards.parts import Element, button_row, callback_button, grey, markdown, panel, plain
from bot.cards.presses import Press, PressSigner
from bot.markdown.dialect import escape, is_open_id, mention
from bot.messages import say

REASON_FIELD = "reason"
"""Name of the form's input: the reason arrives in the press's form under it."""

_REASON_LENGTH = 500
_MENTIONED = 10
"""Experts mentioned on one card."""

_WITHOUT_FEEDBACK = (Outcome.BUSY, Outcome.FAILED, Outcome.DECLINED)
_UNANSWERED = (Outcome.NOT_FOUND, Outcome.DECLINED, Outcome.FAILED)
"""Ends after which another way to an answer is what the reader wants next: it stands in sight."""


class _Buttons:
    """Signs the buttons of one card."""

    def __init__(self, answer: Answer, actions: PressSigner, message_id: str) -> None:
        self._answer = answer
        self._actions = actions
        self._message_id = message_id

    def value(self, kind: Press) -> dict[str, Any]:
        return self._actions.sign(kind, self._message_id, self._answer.asker)

    def button(
        self,
        kind: Press,
        style: str = "default",
        confirm: tuple[str, str] | None = None,
        size: str = "small",
    ) -> Element:
        text = say(kind.label, self._answer.language)
        return callback_button(text, self.value(kind), style=style, confirm=confirm, size=size)


def below_answer(
    answer: Answer,
    state: CardState,
    actions: PressSigner | None,
    message_id: str,
    folded: Sequence[Element] = (),
) -> list[Element]:
    """What happened to the answer since, the buttons in sight, and one fold with `folded` and the rest."""
    if answer.outcome is Outcome.BUSY:
        return []
    if actions is None:
        return [panel(say("panel_more", answer.language), folded, "more")] if folded else []
    buttons = _Buttons(answer, actions, message_id)
    elements = human_line(answer, state)
    if state.searching_web:
        elements.append(markdown(escape(say("web_searching", answer.language)), "web", small=True))
    row = _row(answer, state, buttons)
    if row:
        elements.append(button_row(row, "buttons"))
    if state.feedback is Feedback.ASKING_REASON and answer.outcome not in _WITHOUT_FEEDBACK:
        elements.append(_reason_form(answer, buttons))
    more = [*folded, button_row(_folded(answer, state, buttons), "more_buttons")]
    if state.helpful or state.not_helpful:
        more.append(grey(f"👍 {state.helpful} · 👎 {state.not_helpful}"))
    if not answer.private:
        more.append({**grey(say("take_back", answer.language)), "element_id": "take_back"})
    return [*elements, panel(say("panel_more", answer.language), more, "more")]


def human_line(answer: Answer, state: CardState) -> list[Element]:
    """Where a hand-over to a human stands; nothing where none was asked."""
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


def hand_over_row(answer: Answer, state: CardState, actions: PressSigner, message_id: str) -> list[Element]:
    """The buttons on the card that experts are called to."""
    buttons = _Buttons(answer, actions, message_id)
    row = []
    if state.human in (Human.NONE, Human.ASKED):
        row.append(buttons.button(Press.TAKE, "primary"))
    if state.human is not Human.RESOLVED:
        row.append(buttons.button(Press.RESOLVE))
    return [button_row(row, "hand_over")] if row else []


def people(open_ids: Sequence[str]) -> str:
    """Mentions of the experts, the first ten."""
    return " ".join(_person(open_id) for open_id in open_ids[:_MENTIONED])


def _person(open_id: str) -> str:
    """A mention; a misspelt id in the settings is shown as it stands, for Feishu refuses a card over it."""
    return mention(open_id) if is_open_id(open_id) else escape(open_id)


def _row(answer: Answer, state: CardState, buttons: _Buttons) -> list[Element]:
    row = []
    if answer.outcome not in _WITHOUT_FEEDBACK and (
        answer.sources or answer.outcome is not Outcome.NOT_FOUND
    ):
        size = "small" if answer.outcome in _UNANSWERED else "tiny"  # as those beside them
        row += [buttons.button(kind, size=size) for kind in (Press.HELPFUL, Press.NOT_HELPFUL)]
    return row + (_other_ways(state, buttons) if answer.outcome in _UNANSWERED else [])


def _other_ways(state: CardState, buttons: _Buttons) -> list[Element]:
    """To an answer: people, the web."""
    ways = []
    if state.human is Human.NONE and state.experts:
        ways.append(buttons.button(Press.ASK_HUMAN))
    if state.can_search_web and not state.searching_web:
        ways.append(buttons.button(Press.WEB))
    return ways


def _folded(answer: Answer, state: CardState, buttons: _Buttons) -> list[Element]:
    folded = [] if answer.outcome in _UNANSWERED else _other_ways(state, buttons)
    folded.append(buttons.button(Press.WHY))
    if answer.private:
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
