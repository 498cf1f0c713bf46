"""What people post besides words: pictures, files, forwarded chats."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # name: (zh, en)
    "cannot_read": (
        "我还读不了{what}。请把里面的文字（比如报错的那几行）贴出来，我来回答。",
        "I cannot read {what}. Please paste its words, such as the lines of the error, and I will answer.",
    ),
    "cannot_read_why": (
        "我没能读{what}：{why}。请把相关的文字贴出来。",
        "I could not read {what}: {why}. Please paste the words that matter.",
    ),
    "read_it": (
        "我读了{what}。想知道什么？在这里接着问就行。",
        "I have read {what}. What would you like to know? Just go on here.",
    ),
    "title_posted": ("收到", "Received"),
    "what_image": ("图片", "pictures"),
    "what_audio": ("语音", "voice messages"),
    "what_media": ("视频", "videos"),
    "what_sticker": ("表情包", "stickers"),
    "what_folder": ("文件夹", "folders"),
    "what_merge_forward": ("这份转发的聊天记录", "this forwarded chat"),
    "what_interactive": ("这张卡片", "this card"),
    "what_share_chat": ("群名片", "shared groups"),
    "what_share_user": ("个人名片", "shared contacts"),
    "what_location": ("位置", "places"),
    "what_other": ("这类消息（{kind}）", "messages of this kind ({kind})"),
    "what_file": ("文件《{file}》", "the file {file}"),
    "why_too_large": ("文件太大", "it is too large"),
    "why_format": ("不支持这种格式", "files of this kind are not read"),
    "why_no_text": ("里面没有文字", "there is no text in it"),
    "why_refused": ("没能从飞书取到这个文件", "Feishu did not hand it over"),
}
