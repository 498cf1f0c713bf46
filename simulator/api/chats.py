"""im/v1/chats and im/v1/messages/.../reactions: the small routes around a message."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from simulator.api.messages import json_body
from simulator.api.replies import ApiError, success
from simulator.tenant.state import TENANT, Chat, ChatMessage, Reaction, Tenant, new_id
from simulator.types import Json

EMOJI = frozenset(
    """
    OK THUMBSUP THANKS MUSCLE FINGERHEART APPLAUSE FISTBUMP JIAYI DONE SMILE BLUSH LAUGH SMIRK LOL
    FACEPALM LOVE WINK PROUD WITTY SMART SCOWL THINKING SOB CRY ERROR NOSEPICK HAUGHTY SLAP
    SPITBLOOD TOASTED GLANCE DULL INNOCENTSMILE JOYFUL WOW TRICK YEAH ENOUGH TEARS EMBARRASSED KISS
    SMOOCH DROOL OBSESSED MONEY TEASE SHOWOFF COMFORT CLAP PRAISE STRIVE XBLUSH SILENT WAVE WHAT
    FROWN SHY DIZZY LOOKDOWN CHUCKLE WAIL CRAZY WHIMPER HUG BLUBBER WRONGED HUSKY SHHH SMUG ANGRY
    HAMMER SHOCKED TERROR PETRIFIED SKULL SWEAT SPEECHLESS SLEEP DROWSY YAWN SICK PUKE BETRAYED
    HEADSET EatingFood MeMeMe Sigh Typing Lemon Get LGTM OnIt OneSecond VRHeadset YouAreTheBest
    SALUTE SHAKE HIGHFIVE UPPERLEFT ThumbsDown SLIGHT TONGUE EYESCLOSED RoarForYou CALF BEAR BULL
    RAINBOWPUKE ROSE HEART PARTY LIPS BEER CAKE GIFT CUCUMBER Drumstick Pepper CANDIEDHAWS BubbleTea
    Coffee Yes No OKR CheckMark CrossMark MinusOne Hundred AWESOMEN Pin Alarm Loudspeaker Trophy
    Fire BOMB Music XmasTree Snowman XmasHat FIREWORKS 2022 REDPACKET FORTUNE LUCK FIRECRACKER
    StickyRiceBalls HEARTBROKEN POOP StatusFlashOfInspiration 18X CLEAVER Soccer Basketball
    GeneralDoNotDisturb Status_PrivateMessage GeneralInMeetingBusy StatusReading StatusInFlight
    GeneralBusinessTrip GeneralWorkFromHome StatusEnjoyLife GeneralTravellingCar StatusBus
    GeneralSun GeneralMoonRest MoonRabbit Mooncake JubilantRabbit TV Movie Pumpkin BeamingFace
    Delighted ColdSweat FullMoonFace Partying GoGoGo ThanksFace SaluteFace Shrug ClownFace
    HappyDragon
    """.split()  # noqa: SIM905 - 170 quoted names would hide the list
)
"""im-v1/message-reaction/emojis-introduce.md."""


def chats_blueprint(tenant: Tenant) -> Blueprint:
    """The routes of im/v1/chats."""
    chats = Blueprint("chats", __name__, url_prefix="/open-apis/im/v1/chats")

    @chats.get("", endpoint="list")
    def list_chats() -> Response:
        with tenant.lock:
            groups = [c for c in tenant.chats.values() if c.kind == "group" and c.bot_inside]
            items = [{"chat_id": c.chat_id, "name": c.name, "tenant_key": TENANT} for c in groups]
        return success({"items": items, "has_more": False, "page_token": ""})

    @chats.get("/<chat_id>", endpoint="get")
    def get(chat_id: str) -> Response:
        with tenant.lock:
            return success(_chat_info(_chat(tenant, chat_id)))

    @chats.get("/<chat_id>/members", endpoint="members")
    def members(chat_id: str) -> Response:
        with tenant.lock:
            chat = _chat(tenant, chat_id)
            items = [_member(tenant, open_id) for open_id in chat.members]
        size = request.args.get("page_size", 20, type=int)
        first = request.args.get("page_token", 0, type=int)
        more = first + size < len(items)
        return success(
            {
                "items": items[first : first + size],
                "page_token": str(first + size) if more else "",
                "has_more": more,
                "member_total": len(items),
            }
        )

    return chats


def reactions_blueprint(tenant: Tenant) -> Blueprint:
    """The routes of im/v1/messages/{id}/reactions."""
    reactions = Blueprint(
        "reactions", __name__, url_prefix="/open-apis/im/v1/messages/<message_id>/reactions"
    )

    @reactions.post("", endpoint="create")
    def create(message_id: str) -> Response:
        kind = json_body().get("reaction_type")
        emoji = str(kind.get("emoji_type", "")) if isinstance(kind, dict) else ""
        if emoji not in EMOJI:
            raise ApiError(231001, "reaction type is invalid.")
        with tenant.lock:
            message = _reachable(tenant, message_id)
            mine = [r for r in message.reactions if r.emoji == emoji and r.operator_type == "app"]
            reaction = mine[0] if mine else _react(tenant, message, emoji)
            return success(_described(reaction))

    @reactions.delete("/<reaction_id>", endpoint="delete")
    def delete(message_id: str, reaction_id: str) -> Response:
        with tenant.lock:
            message = _reachable(tenant, message_id)
            found = next((r for r in message.reactions if r.reaction_id == reaction_id), None)
            if found is None:
                raise ApiError(231011, "The request has an invalid reaction_id.")
            if found.operator_type != "app":
                raise ApiError(231007, "The operator has no permission to delete this reaction.")
            message.reactions.remove(found)
            tenant.touch()
            return success(_described(found))

    @reactions.get("", endpoint="list")
    def list_reactions(message_id: str) -> Response:
        wanted = request.args.get("reaction_type", "")
        with tenant.lock:
            found = [r for r in _reachable(tenant, message_id).reactions if wanted in ("", r.emoji)]
        return success({"items": [_described(r) for r in found], "has_more": False, "page_token": ""})

    return reactions


def _react(tenant: Tenant, message: ChatMessage, emoji: str) -> Reaction:
    now = tenant.clock.milliseconds()
    reaction = Reaction(new_id("", 24), emoji, tenant.app_id, "app", now)
    message.reactions.append(reaction)
    tenant.touch()
    return reaction


def _reachable(tenant: Tenant, message_id: str) -> ChatMessage:
    message = tenant.messages.get(message_id)
    if message is None or message.recalled:
        raise ApiError(231003, "The message is not found, maybe not exist or deleted.")
    return message


def _described(reaction: Reaction) -> Json:
    return {
        "reaction_id": reaction.reaction_id,
        "operator": {"operator_id": reaction.operator_id, "operator_type": reaction.operator_type},
        "action_time": str(reaction.time),
        "reaction_type": {"emoji_type": reaction.emoji},
    }


def _chat(tenant: Tenant, chat_id: str) -> Chat:
    chat = tenant.chats.get(chat_id)
    if chat is None:
        raise ApiError(232006, "Your request specifies a chat_id which is invalid.")
    if not chat.bot_inside:
        raise ApiError(232011, "Operator can NOT be out of the chat.")
    return chat


def _member(tenant: Tenant, open_id: str) -> Json:
    return {
        "member_id_type": "open_id",
        "member_id": open_id,
        "name": tenant.users[open_id].name,
        "tenant_key": TENANT,
    }


def _chat_info(chat: Chat) -> dict[str, Any]:
    return {
        "avatar": "",
        "name": chat.name,
        "description": "",
        "add_member_permission": "all_members",
        "share_card_permission": "allowed",
        "at_all_permission": "all_members",
        "edit_permission": "all_members",
        "group_message_type": chat.message_type,
        "chat_mode": "p2p" if chat.kind == "p2p" else "group",
        "chat_type": "private",
        "chat_tag": "inner",
        "moderation_permission": "all_members",
        "external": False,
        "tenant_key": TENANT,
        "user_count": str(len(chat.members)),
        "bot_count": "1",
        "chat_status": "dissolved" if chat.dissolved else "normal",
    }
