"""Every sentence the bot says to people, Chinese and English side by side, in one place.

Code names a sentence, never writes one: a translator or an operator who wants another tone edits this
file alone. `{placeholders}` are filled by `say`; a name or a placeholder that does not exist is an error.
"""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # name: (zh, en)
    # Outcomes of a question
    "failed": (
        "这次没能回答：{reason}。已记录，管理员可用 /why 查看。",
        "I could not answer: {reason}. It is logged; an admin can see it with /why.",
    ),
    "declined": (
        "这不像是我索引的文档能回答的问题。",
        "This does not look like a question my documents can answer.",
    ),
    "not_found": (
        "文档里没有找到这个问题的答案。",
        "I did not find the answer in the documents.",
    ),
    # First words
    "title_hello": ("你好，我是茴香", "Hello, I am Fennel"),
    "manners_hello": ("你好！有技术问题直接问我就行。", "Hello! Just ask me a technical question."),
    "manners_who": (
        "我是茴香，一个问答机器人：从已索引的文档里找答案，并标出来源。",
        "I am Fennel, a bot that answers questions from the indexed documents and says where it read them.",
    ),
    "manners_what": (
        "@我 并提问（单聊里直接问），我从文档里找答案并标出来源；在我的回答下面可以直接追问。"
        "发送 /help 看全部命令。",
        "Mention me with a question (in a private chat just ask): I answer from the documents and cite them. "
        "Below an answer you can simply go on asking. /help lists the commands.",
    ),
    "manners_stop": ("现在没有正在进行的回答。", "No answer is being written just now."),
    "knows": (
        "我读过 {documents} 篇文档，来自：{sources}。",
        "I have read {documents} documents, from: {sources}.",
    ),
    "knows_nothing": ("我还没有读到文档。", "I have no documents yet."),
    "try_asking": ("可以这样问：", "You could ask:"),
    "understood_as": ("结合上文理解为：{question}", "Understood as: {question}"),
    "greeting": (
        "大家好，我是茴香。@我 提问，我从文档里找答案并标出来源；在回答下面可以接着问。",
        "Hello, I am Fennel. Mention me with a question: I answer from the documents and cite them; "
        "below an answer you can go on asking.",
    ),
    "greeting_private": (
        "你好，我是茴香。直接问我就行，我从文档里找答案并标出来源。",
        "Hello, I am Fennel. Just ask: I answer from the documents and cite them.",
    ),
    "outside_hours": (
        "现在不在答疑时间（{start}–{end}）。{next}之后再问我吧。",
        "I answer from {start} to {end}. Please ask again after {next}.",
    ),
    "title_hours": ("现在不在答疑时间", "Outside my hours"),
    "stopped": ("已停止回答。", "Stopped."),
    "title_why_silent": ("为什么没有回答", "Why there was no answer"),
    "ignored_not_mentioned": ("这条消息没有 @我。", "the bot was not mentioned"),
    "ignored_mentions_all": ("@所有人 不算 @我。", "mentioning everybody is not mentioning the bot"),
    "ignored_from_bot": ("这是另一个机器人发的，我不和机器人对话。", "it came from another bot"),
    "ignored_no_sender": ("飞书没有说是谁发的。", "Feishu did not say who sent it"),
    "ignored_unreadable_type": ("我读不了这种消息。", "this kind of message cannot be read"),
    "ignored_private_chats_off": ("这里关闭了单聊。", "private chats are switched off"),
    "ignored_group_denied": ("这个群被设置为不回答。", "this group is denied in the settings"),
    "ignored_group_not_allowed": ("这个群不在允许的名单里。", "this group is not among those allowed"),
    "ignored_user_denied": ("发送者被设置为不回答。", "its sender is denied in the settings"),
    "ignored_empty": ("消息里只有 @，没有内容。", "there was nothing in it but the mention"),
    "ignored_meant_for_others": ("这条消息 @ 的是别人。", "it mentioned somebody else"),
    "ignored_outside_hours": ("当时不在答疑时间。", "it came outside the work time"),
    "ignored_user_limit": ("发送者一分钟里问得太多。", "its sender asked too much within a minute"),
    "ignored_group_limit": ("这个群一分钟里问得太多。", "the group asked too much within a minute"),
    "ignored_group_full": ("这个群排队的问题太多。", "too many questions of the group were waiting"),
    "ignored_queue_full": ("排队的问题太多。", "too many questions were waiting"),
    "ignored_other": ("原因：{reason}", "{reason}"),
    "closest": (
        "没有找到确切的答案，下面几处也许有帮助。",
        "I did not find the answer; these places may help.",
    ),
    # Why
    "why_looked": ("我找的是：{question}", "I looked for: {question}"),
    "why_found": (
        "找到 {pages} 个页面，最接近的是 {place}。",
        "I found {pages} pages; the closest is {place}.",
    ),
    "why_found_nothing": ("文档里没有找到相关的段落。", "I found no passage about it in the documents."),
    "why_declined": (
        "文档能回答它的把握是 {probability}，不到需要的 {threshold}，所以没有回答。",
        "The chance that the documents answer it was {probability}, below the {threshold} that is needed, "
        "so I did not answer.",
    ),
    "why_answered": (
        "文档能回答它的把握是 {probability}（需要 {threshold}），写出的每句话都对照了原文，所以回答了。",
        "The chance that the documents answer it was {probability} ({threshold} is needed) and every "
        "sentence was checked against its source, so I answered.",
    ),
    "why_partly": (
        "文档能回答它的把握是 {probability}（需要 {threshold}）；"
        "有 {dropped} 句话在原文里找不到依据，已去掉。",
        "The chance that the documents answer it was {probability} ({threshold} is needed); {dropped} "
        "sentences had no support in the sources and were dropped.",
    ),
    "why_not_found": (
        "像是文档该回答的问题（把握 {probability}），但读过之后没有一处能支持一个回答。",
        "It looked like a question for these documents ({probability}), but nothing in them supports "
        "an answer.",
    ),
    "why_web": ("文档里没有，是根据网页回答的。", "The documents did not answer it, so web pages did."),
    "why_failed": ("回答时出了错，详情在下面。", "Something failed while answering; the details are below."),
    "why_thanked": ("这是道谢，只用表情回应。", "These were thanks, so there was only a reaction."),
    "why_joined": (
        "它是一个问题的一部分，和后面的消息一起回答了。",
        "It was part of a question; the message after it was answered.",
    ),
    "why_silent": (
        "没有人点名问我，也没有把握，所以没有出声。",
        "Nobody asked me by name and I was not sure, so I stayed silent.",
    ),
    "why_other": ("结果：{outcome}。", "It ended as: {outcome}."),
    "why_numbers": ("数字和步骤", "Numbers and steps"),
    # What people post
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
    "why_refused": ("飞书没有给我这个文件", "Feishu did not hand it over"),
    # Commands
    "admins_only": ("抱歉，这条命令只有管理员可以使用。", "Sorry, only admins may use this command."),
    # Progress
    "searching": (
        "正在检索 {total} 篇文档中的 {count} 篇 …",
        "Searching {count} of {total} documents ...",
    ),
    "reading": ("正在阅读《{page}》 …", "Reading {page} ..."),
    "reading_more": ("正在阅读《{page}》等 {count} 篇 …", "Reading {page}, {count} pages in all ..."),
    "reading_web": (
        "正在阅读第 {number} 个网页，共 {total} 个 …",
        "Reading web page {number} of {total} ...",
    ),
    "starting": ("正在查找 …", "Looking it up ..."),
    "writing": ("正在撰写回答 …", "Writing the answer ..."),
    # Cards: titles, buttons, footers
    "title_progress": ("正在回答", "Working on it"),
    "title_answered": ("来自文档的回答", "Answer from the documents"),
    "title_web": ("来自网页的回答", "Answer from the web"),
    "title_partly": ("部分回答", "Partial answer"),
    "title_not_found": ("文档里没有找到", "Not found in the documents"),
    "title_closest": ("没有答案，这几处最接近", "No answer, only the closest places"),
    "title_declined": ("不在文档范围内", "Outside my documents"),
    "title_busy": ("排队中", "In the queue"),
    "title_failed": ("没能回答", "Could not answer"),
    "title_status": ("运行状态", "Status"),
    "title_help": ("我能做什么", "What I can do"),
    "title_why": ("为什么这样回答", "Why this answer"),
    "title_reindex_running": ("正在更新索引", "Updating the index"),
    "title_reindex_done": ("索引已更新", "Index updated"),
    "title_reindex_failed": ("索引没有更新", "Index not updated"),
    "title_part": ("{title}（{part}/{parts}）", "{title} ({part}/{parts})"),
    "tag_degraded": ("精简模式", "reduced"),
    "tag_resolved": ("已解决", "resolved"),
    "busy": (
        "前面还有 {position} 个问题，轮到时会在这里回答。",
        "{position} questions are ahead of yours; the answer will appear here.",
    ),
    "busy_next": ("马上轮到你的问题。", "Your question is next."),
    "sources": ("来源", "Sources"),
    "sources_nearest": ("最接近的页面", "Nearest pages"),
    "sources_further": ("其他相关内容（未被引用）", "Also found, not cited"),
    "sources_excerpts": ("查看原文摘录（{count}）", "Excerpts ({count})"),
    "sources_omitted": ("另有 {count} 个来源未列出", "{count} more not listed"),
    "source_web": ("网页", "web"),
    "age_today": ("今天更新", "updated today"),
    "age_day": ("昨天更新", "updated yesterday"),
    "age_days": ("{count} 天前更新", "updated {count} days ago"),
    "age_month": ("1 个月前更新", "updated a month ago"),
    "age_months": ("{count} 个月前更新", "updated {count} months ago"),
    "age_year": ("1 年前更新", "updated a year ago"),
    "age_years": ("{count} 年前更新", "updated {count} years ago"),
    "unsupported_one": (
        "有 1 句话在资料里找不到依据，已去掉或标出。",
        "1 sentence had no support in the sources and was dropped or marked.",
    ),
    "unsupported": (
        "有 {count} 句话在资料里找不到依据，已去掉或标出。",
        "{count} sentences had no support in the sources and were dropped or marked.",
    ),
    "late": (
        "这条回答晚了 {age}：飞书接口此前不可用。",
        "This answer comes {age} late: Feishu could not be reached meanwhile.",
    ),
    "degraded": ("精简模式：{reason}", "Reduced mode: {reason}"),
    "footer_product_version": ("适用于版本 {version}", "for version {version}"),
    "footer_index": ("索引 {version}", "index {version}"),
    "continued": ("接下一张卡片 ↓", "continued in the next card ↓"),
    # Feedback and actions
    "button_helpful": ("👍 有帮助", "👍 Helpful"),
    "button_not_helpful": ("👎 没帮助", "👎 Not helpful"),
    "button_ask_human": ("🙋 找人帮忙", "🙋 Ask a human"),
    "button_take": ("我来回答", "I will take it"),
    "button_resolve": ("已解决", "Resolved"),
    "button_web": ("联网再答一次", "Answer with web search"),
    "button_sources": ("更多来源", "More sources"),
    "button_why": ("为什么这样回答", "Why this answer"),
    "button_recall": ("撤回回答", "Recall"),
    "button_remove_gone": ("确认删除并发布", "Remove them and publish"),
    "button_send_reason": ("提交", "Send"),
    "panel_more": ("更多", "More"),
    "confirm_recall_title": ("撤回这条回答？", "Recall this answer?"),
    "confirm_recall": ("撤回后所有人都看不到它。", "Nobody will see it any more."),
    "reason_prompt": ("哪里不对？（可不填）", "What was wrong? (optional)"),
    "feedback_thanks": ("感谢反馈，已记录。", "Thank you, noted."),
    "feedback_sorry": (
        "谢谢指正，已记录，会用来改进。",
        "Thank you, noted; it helps the next answer.",
    ),
    "toast_noted": ("已收到。", "Received."),
    "toast_reindexing": ("正在更新索引。", "Updating the index."),
    "toast_not_allowed": ("这个按钮不是给你用的。", "This button is not for you."),
    "toast_old_button": ("这个按钮已经失效。", "This button no longer works."),
    "toast_try_again": ("现在有点忙，请稍后再点一次。", "Too busy right now; please press again later."),
    "human_asked": ("已请 {people} 帮忙，等待接手。", "Asked {people} for help; waiting for one to take it."),
    "human_wanted": (
        "{people} 有人需要帮助：请看上面的回答，按“我来回答”接手。",
        "{people} Somebody needs a hand: see the answer above and press “I will take it”.",
    ),
    "human_taken": ("{person} 已接手。", "{person} has taken it."),
    "human_resolved": ("已由 {person} 解决。", "Resolved by {person}."),
    "human_resolved_self": ("已解决。", "Resolved."),
    "web_searching": ("正在联网再答一次 …", "Answering again with web search ..."),
    # Reindex, status, help
    "button_cancel_reindex": ("取消", "Cancel"),
    "button_use_version": ("使用这个版本", "Use this version"),
    "toast_cancelling": ("正在取消。", "Cancelling."),
    "toast_switching": ("正在切换。", "Switching."),
    "title_reindex_dry": ("试运行：什么都没有改", "Dry run: nothing was changed"),
    "title_reindex_cancelled": ("更新已取消", "Update cancelled"),
    "reindex_cancelled": (
        "更新已取消，旧版本继续使用；已经算好的向量保留着，下次更新会接着用。",
        "The update was cancelled; the old version keeps answering. What was embedded is kept for next time.",
    ),
    "reindex_waiting": ("等待正在进行的更新", "Waiting for the update that runs"),
    "reindex_dry_summary": (
        "来源里现在有 {documents} 篇文档，{chunks} 个片段；如果更新，会有这些变化：",
        "The sources hold {documents} documents, {chunks} chunks; an update would change this:",
    ),
    "no_such_source": (
        "没有叫 {wanted} 的来源。现有来源：{names}",
        "No source is called {wanted}. There are: {names}",
    ),
    "title_sources": ("文档来源", "Sources"),
    "source_line": ("{documents} 篇文档，{age}前读取", "{documents} documents, read {age} ago"),
    "source_never": ("{documents} 篇文档，还没有读取过", "{documents} documents, not read yet"),
    "source_due": ("自动更新：{due}", "reads itself: {due}"),
    "source_fault": ("上次没能读取：{why}", "could not be read: {why}"),
    "version_line": (
        "{built} · {documents} 篇文档，{chunks} 个片段 · 新增 {added}，修改 {changed}，删除 {removed}",
        "{built} · {documents} documents, {chunks} chunks · added {added}, changed {changed}, gone {removed}",
    ),
    "version_current": ("正在使用", "in use"),
    "reindex_loading": ("读取文档", "Reading documents"),
    "reindex_splitting": ("切分文档", "Splitting documents"),
    "reindex_embedding": ("计算向量", "Embedding"),
    "reindex_compared": (
        "用自己的问题比较新旧版本：变差的回答",
        "Own questions asked of the old and the new version: answers that got worse",
    ),
    "reindex_publishing": ("发布新版本", "Publishing"),
    "reindex_other": ("处理中：{stage}", "Working: {stage}"),
    "reindex_keeps_answering": (
        "更新期间照常回答问题。",
        "Questions are answered as usual meanwhile.",
    ),
    "reindex_summary": (
        "版本 **{version}**：{documents} 篇文档，{chunks} 个片段，用时 {seconds} 秒。",
        "Version **{version}**: {documents} documents, {chunks} chunks, {seconds} s.",
    ),
    "reindex_added": ("新增 {count}", "Added {count}"),
    "reindex_changed": ("修改 {count}", "Changed {count}"),
    "reindex_removed": ("删除 {count}", "Removed {count}"),
    "reindex_unchanged": ("文档没有变化。", "No document changed."),
    "reindex_problems": ("{count} 篇没能读取", "{count} could not be read"),
    "reindex_asks": (
        "{total} 篇文档里有 {removed} 篇不在了，超过 index.max_removed 允许的比例。什么都没有改，"
        "旧版本继续使用。如果确实删掉了它们，请点下面的按钮；"
        "如果是某个目录或仓库暂时不可用，恢复后再发送 /reindex。",
        "{removed} of {total} documents are gone, more than index.max_removed allows. Nothing was changed; "
        "the old version keeps answering. If they were removed on purpose, press the button; if a folder or "
        "a repository is only away, send /reindex again when it is back.",
    ),
    "title_reindex_asks": ("要删除这么多文档吗？", "Remove so many documents?"),
    "reindex_interrupted": (
        "更新几次都中断了（进程被结束，多半是内存不足）",
        "the update was cut off several times (its process ended, for want of memory most likely)",
    ),
    "reindex_gone": ("{count} 篇不在了", "{count} are gone"),
    "reindex_remarks": ("{count} 篇读取时有说明", "{count} read with a remark"),
    "reindex_unread": ("没有读取的格式：{formats}", "Formats that are not read: {formats}"),
    "reindex_worse": ("{count} 个回答变差了", "{count} answers got worse"),
    "reindex_failed": (
        "新版本没有发布，旧版本继续使用：{reason}",
        "Nothing was published; the old version keeps answering: {reason}",
    ),
    "list_omitted": ("另有 {count} 项", "{count} more"),
    "help_member": (
        "在群里 @我 并提出问题，我从已索引的文档里找答案并标出来源。闲聊我不打扰。",
        "Mention me with a question; I answer from the indexed documents and cite them. "
        "I stay out of chit-chat.",
    ),
    "help_commands": (
        "- `/help`：这份说明\n- `/status`：运行状态\n"
        "- `/recall` 或“撤回”：回复我的回答，撤回它（提问者和管理员）\n"
        "- `/stop` 或“停止”：结束正在写的回答\n"
        "- `/why`：回复我的回答，看依据；回复没有回答的消息，看原因（提问者和管理员）",
        "- `/help`: this card\n- `/status`: how things stand\n"
        "- `/recall`, or just `recall`: in reply to an answer, takes it back (asker and admins)\n"
        "- `/stop`, or just `stop`: ends an answer that is being written\n"
        "- `/why`: in reply to an answer, what it rests on; to a silence, its reason (asker and admins)",
    ),
    "failed_none": ("没有放弃的消息。", "Nothing was given up on."),
    "failed_retried": ("已重新发送 {count} 条。", "{count} are tried again."),
    "failed_hint": ("发送 `/failed retry` 重新发送。", "Send `/failed retry` to try them again."),
    "title_failed_list": ("放弃的消息", "Given up on"),
    "admins_of_all_only": (
        "抱歉，这会影响所有群，只有全局管理员可以使用。",
        "Sorry, this affects every group; only an admin of all groups may use it.",
    ),
    "help_admin": (
        "**管理员**\n- `/reindex [来源] [--dry-run]`：更新索引，或者只看会有什么变化\n"
        "- `/sources`：每个来源的文档数、上次读取的时间和失败原因\n"
        "- `/versions`、`/rollback`：索引的各个版本，退回到其中一个\n"
        "- `/failed`：没能送达而放弃的消息，`/failed retry` 重新发送\n"
        "- `/good`、`/bad`：回复一条消息，标记该不该回答",
        "**Admins**\n- `/reindex [source] [--dry-run]`: update the index, or only see what would change\n"
        "- `/sources`: each source with its documents, when it was read, why it was not\n"
        "- `/versions`, `/rollback`: the index's versions, and back to one of them\n"
        "- `/failed`: what could not be delivered; `/failed retry` tries it again\n"
        "- `/good`, `/bad`: in reply to a message, mark whether it should be answered",
    ),
    # What the worker says
    "searching_web": ("正在联网搜索 …", "Searching the web ..."),
    "quoting": (
        "以下是文档原文摘录，未经改写：",
        "Quoted from the documents, word for word:",
    ),
    "link_removed": ("（链接已移除）", "(link removed)"),
    "because_question_too_long": (
        "问题太长了，请缩短后再问，日志只贴关键几行",
        "the question is too long; please shorten it and keep only the lines of a log that matter",
    ),
    "because_timeout": ("超过了回答时限", "it took longer than an answer may take"),
    "because_engine": ("模型服务暂时不可用", "the model server is not available just now"),
    "engine_loading": (
        "模型正在加载，先摘录文档",
        "the model is still loading, so this quotes the documents",
    ),
    "engine_down": (
        "模型服务暂时连不上，先摘录文档",
        "the model server is away, so this quotes the documents",
    ),
    "engine_refused": (
        "模型服务拒绝了请求，先摘录文档",
        "the model server refused the request, so this quotes the documents",
    ),
    "engine_silent": (
        "模型没有写出回答，先摘录文档",
        "the model wrote no answer, so this quotes the documents",
    ),
    "engine_only_thought": (
        "模型只写了思考过程，没有写出回答，先摘录文档",
        "the model only thought and wrote no answer, so this quotes the documents",
    ),
    "engine_found_nothing": (
        "模型没有从资料里找到答案，检索判断这里有，先摘录文档",
        "the model found no answer in the material, the search did, so this quotes the documents",
    ),
    "engine_filtered": (
        "模型服务的内容审查没有放行，先摘录文档",
        "the model server's content filter stepped in, so this quotes the documents",
    ),
    "engine_too_long": (
        "资料超出了模型能读的长度，先摘录文档",
        "the material is longer than the model can read, so this quotes the documents",
    ),
    "because_index": ("还没有建立索引", "no index has been built yet"),
    "because_error": ("内部错误", "an internal error"),
    "because_poison": ("多次尝试都没有成功", "several attempts did not succeed"),
    "limit_user": (
        "你问得有点快，请过一分钟再问。",
        "You are asking rather fast; please ask again in a minute.",
    ),
    "limit_group": (
        "群里的问题太多了，请过一分钟再问。",
        "This group asks rather fast; please ask again in a minute.",
    ),
    "budget_user": (
        "你今天的提问额度用完了，明天再来问吧。",
        "Your questions for today are used up; please ask again tomorrow.",
    ),
    "budget_group": (
        "本群今天的提问额度用完了，明天再来问吧。",
        "This group's questions for today are used up; please ask again tomorrow.",
    ),
    "budget_all": (
        "今天的提问额度用完了，明天再来问吧。",
        "Today's questions are used up; please ask again tomorrow.",
    ),
    "live_test": (
        "自检：接下来会有一个测试问题，稍后自动撤回。",
        "A self-test: a question follows and is taken back in a moment.",
    ),
    "limit_queue": (
        "排队的问题太多（前面还有 {position} 个），请稍后再问。",
        "Too many questions are waiting ({position} before yours); please ask again later.",
    ),
    "not_yours": (
        "只有提问者和管理员可以这样做。",
        "Only the asker and admins may do this.",
    ),
    "reply_to_answer": (
        "请在回复我的某条回答时使用这条命令。",
        "Please use this command in reply to one of my answers.",
    ),
    "reply_to_message": (
        "请在回复一条消息时使用这条命令。",
        "Please use this command in reply to a message.",
    ),
    "no_trace": ("没有找到这条消息的记录。", "There is no record of that message."),
    "marked_good": ("已记为应当回答的例子。", "Marked as an example to answer."),
    "marked_bad": ("已记为不必回答的例子。", "Marked as an example not to answer."),
    "rolled_back": ("已切换到版本 {version}。", "Switched to version {version}."),
    "version_of_other_format": (
        "版本 {version} 是别的发行版写的，这里读不了；发送 /reindex 重建。",
        "Another release wrote version {version}, and this one cannot read it; send /reindex.",
    ),
    "no_such_version": ("没有版本 {version}。", "There is no version {version}."),
    "title_command": ("命令", "Command"),
    "title_versions": ("索引版本", "Index versions"),
    "status_release": ("版本", "Release"),
    "status_engine": ("引擎", "Engine"),
    "status_degraded": ("精简模式", "Reduced mode"),
    "status_waiting": ("排队", "Waiting"),
    "status_running": ("正在回答", "Being answered"),
    "status_oldest": ("最早的问题已等", "Oldest has waited"),
    "status_source_away": ("读不到的来源", "Source that cannot be read"),
    "status_source_away_value": (
        "{source}：{why}；{documents} 篇文档保持 {age}前的内容",
        "{source}: {why}; its {documents} documents are as they were {age} ago",
    ),
    "status_source_never": ("{source}：{why}；从未读到过", "{source}: {why}; it was never read"),
    "status_index": ("索引", "Index"),
    "status_index_value": (
        "{version}：{documents} 篇文档，{chunks} 个片段，{age}前建成",
        "{version}: {documents} documents, {chunks} chunks, built {age} ago",
    ),
    "age_in_minutes": ("{count} 分钟", "{count} min"),
    "age_in_hours": ("{count} 小时", "{count} h"),
    "age_in_days": ("{count} 天", "{count} days"),
    "status_asker": ("你的 open_id", "Your open_id"),
    "status_chat": ("这个会话的 chat id", "This chat's id"),
    "title_human": ("请求帮助", "Help wanted"),
    # Doctor and notices
}


def say(name: str, language: str, **values: object) -> str:
    """The sentence `name` in `language` ('zh', anything else is English), placeholders filled.

    Raises KeyError for an unknown name or a missing placeholder.
    """
    chinese, english = SENTENCES[name]
    return (chinese if language == "zh" else english).format(**values)


def because_ignored(reason: str, language: str) -> str:
    """The sentence for why a message was not taken; `reason` is the word of policy or queue."""
    name = f"ignored_{reason}"
    return say(name, language) if name in SENTENCES else say("ignored_other", language, reason=reason)
