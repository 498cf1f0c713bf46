"""How a question ended when it was not simply answered, and why the answer is in reduced mode."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # name: (zh, en)
    "failed": (
        "这次没能回答：{reason}。已记录，管理员可用 /why 查看。",
        "I could not answer: {reason}. It is logged; an admin can see it with /why.",
    ),
    "declined": (
        "我手头的文档没有讲这个，答不上来。",
        "My documents do not seem to cover this.",
    ),
    "not_found": (
        "文档里没有找到这个问题的答案。",
        "I did not find the answer in the documents.",
    ),
    "closest": (
        "没有找到确切的答案，下面几处也许有帮助。",
        "I did not find the answer; these places may help.",
    ),
    "degraded": ("精简模式：{reason}", "Reduced mode: {reason}"),
    "quoting": (
        "以下引用自文档原文，未经改写：",
        "Quoted from the documents:",
    ),
    "step_shown": (
        "（此处为第 {steps} 条，共 {of} 条，其余见原文）",
        "(Shown: point {steps} of {of}; the page has the others.)",
    ),
    "steps_shown": (
        "（此处为第 {steps} 条，共 {of} 条，其余见原文）",
        "(Shown: points {steps} of {of}; the page has the others.)",
    ),
    "part_left_open": (
        "（没有找到这一部分的答案：{part}）",
        "(Nothing was found on this part: {part}.)",
    ),
    "link_removed": ("（链接已移除）", "(link removed)"),
    "because_question_too_long": (
        "问题太长了，请缩短后再问，日志只贴关键几行",
        "the question is too long; please shorten it and keep only the lines of a log that matter",
    ),
    "because_timeout": ("超过了回答时限", "it took longer than an answer may take"),
    "because_engine": ("模型服务暂时不可用", "the model server is not available just now"),
    "engine_loading": (
        "模型正在加载，先引用文档原文",
        "the model is still loading, so this quotes the documents",
    ),
    "engine_down": (
        "模型服务暂时连不上，先引用文档原文",
        "the model server is away, so this quotes the documents",
    ),
    "engine_refused": (
        "模型服务拒绝了请求，先引用文档原文",
        "the model server refused the request, so this quotes the documents",
    ),
    "engine_silent": (
        "模型没有写出回答，先引用文档原文",
        "the model wrote no answer, so this quotes the documents",
    ),
    "engine_only_thought": (
        "模型只写了思考过程，没有写出回答，先引用文档原文",
        "the model only thought and wrote no answer, so this quotes the documents",
    ),
    "engine_found_nothing": (
        "模型没有从资料里找到答案，但检索认为资料里有，先引用文档原文",
        "the model found no answer in the material, the search did, so this quotes the documents",
    ),
    "engine_filtered": (
        "模型服务的内容审查没有放行，先引用文档原文",
        "the model server's content filter stepped in, so this quotes the documents",
    ),
    "engine_too_long": (
        "资料超出了模型能读的长度，先引用文档原文",
        "the material is longer than the model can read, so this quotes the documents",
    ),
    "because_index": ("还没有建立索引", "no index has been built yet"),
    "because_error": ("内部错误", "an internal error"),
    "because_refused": ("飞书不接受这条回答的内容", "Feishu does not accept what the answer says"),
    "because_poison": ("多次尝试都没有成功", "several attempts did not succeed"),
}
