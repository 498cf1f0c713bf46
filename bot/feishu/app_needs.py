"""What the Feishu app must be allowed and subscribed to: named once, for `connect` and `doctor`."""

from __future__ import annotations

SCOPES = (
    "im:message.group_at_msg:readonly",
    "im:message.p2p_msg:readonly",
    "im:message:send_as_bot",
    "im:message:recall",
    "im:message:readonly",
    "im:message.reactions:write_only",
    "cardkit:card:write",
)
"""Scopes of the app itself (tenant scopes), as the pages of the APIs used name them."""
LISTENING_SCOPE = "im:message.group_msg"
"""Needed where a group has `reply_to: all`; sensitive, so it is asked for only then."""
READING_SCOPES = {
    "feishu_wiki": ("wiki:wiki:readonly", "docx:document:readonly"),
    "feishu_folder": ("drive:drive:readonly", "docx:document:readonly"),
    "feishu_doc": ("docx:document:readonly", "wiki:wiki:readonly"),
}
"""Kind of source -> the scopes that reading it needs. Sheets and bases on its pages need two more."""
TABLE_SCOPES = ("sheets:spreadsheet:readonly", "bitable:app:readonly")
EVENTS = ("im.message.receive_v1", "im.message.recalled_v1", "im.chat.member.bot.added_v1")
CALLBACKS = ("card.action.trigger",)
