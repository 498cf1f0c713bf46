"""The texts of the sample cards, Chinese and English."""

from __future__ import annotations

_RICH_ZH = """\
# 用 ngrok 在本机接收事件

先确认 **三件事：**密钥齐全、Redis 在跑、`python -m bot doctor` 没有报错 [1]。

1. 启动隧道：
   ```bash
   ngrok http 8000
   ```
2. 把地址填进开放平台：
   - 事件配置 → 请求地址
     - 结尾是 `/feishu/event`
   - 卡片回调 → 同一个地址
3. 发一条消息试试
   - [x] 收到验证请求
   - [ ] 收到消息事件

| 现象 | 原因 | 处理 |
|---|---|---|
| 没有反应 | 没有订阅 `im.message.receive_v1` | 订阅后**发布版本** |
| 401 | `encrypt_key` 不一致 | 重新复制 |

> 提示：泛型 `Optional[str]` 和 <unk> 这样的尖括号都会原样显示。

打分取首个词元的期望：$s = \\sum_{i=0}^{10} i \\cdot p_i$，阈值见 [设置](https://example.com/settings)。
"""

_RICH_EN = """\
# Receive events on your own machine with ngrok

Check **three things:** the keys are set, Redis runs, `python -m bot doctor` is happy [1].

1. Start the tunnel:
   ```bash
   ngrok http 8000
   ```
2. Enter its address in the developer console:
   - Events → request URL
     - it ends in `/feishu/event`
   - Card callbacks → the same
3. Send a message
   - [x] the challenge arrived
   - [ ] the message arrived

| Symptom | Cause | Remedy |
|---|---|---|
| Nothing happens | `im.message.receive_v1` is not subscribed | subscribe and **publish** |
| 401 | `encrypt_key` differs | copy it again |

> Note: generics such as `Optional[str]` and literals such as <unk> are shown as they are.

The score is the expectation over the first token: $s = \\sum_{i=0}^{10} i \\cdot p_i$, see
[settings](https://example.com/settings).
"""

TEXTS: dict[str, dict[str, str]] = {
    "zh": {
        "question": "本地开发时怎么让飞书把事件推到我的电脑？",
        "answer": "用 ngrok 把本机 8000 端口暴露成 https 地址，填到**事件与回调**的请求地址里，"
        "路径是 `/feishu/event` [1]。没有公网地址时，可以改用长连接：`python -m bot longconn` [2]。",
        "rich": _RICH_ZH,
        "odd": "茴香能接企业微信吗？",
        "chat": "今天中午吃什么？",
        "reason": "模型服务没有响应",
        "degraded": "模型服务没有响应，下面是原文摘录",
        "guide": "创建飞书应用",
        "callback": "配置事件与回调",
        "local": "本地测试",
        "ngrok": "通过 ngrok",
        "trouble": "常见问题",
        "excerpt": "在开发者后台打开“事件与回调”，把请求地址设为 https://你的域名/feishu/event，保存时飞书会发送一次"
        " challenge，服务返回同样的值即通过验证。",
        "why": "- 判断：**回答**，概率 0.93，阈值 0.52\n"
        "- 最接近的段落：创建飞书应用 › 配置事件与回调（0.81）\n"
        "- 用时：检索 34 ms，生成 1.8 s",
    },
    "en": {
        "question": "How do I get Feishu to push events to my laptop during development?",
        "answer": "Expose port 8000 as an https address with ngrok and enter it under "
        "**Events & Callbacks**, with the path `/feishu/event` [1]. "
        "Without a public address use the long connection: "
        "`python -m bot longconn` [2].",
        "rich": _RICH_EN,
        "odd": "Does Fennel work with WeCom?",
        "chat": "What shall we have for lunch?",
        "reason": "the model server does not respond",
        "degraded": "the model server does not respond; these are excerpts",
        "guide": "Create the Feishu app",
        "callback": "Configure events and callbacks",
        "local": "Test locally",
        "ngrok": "Through ngrok",
        "trouble": "Troubleshooting",
        "excerpt": "Open Events & Callbacks in the developer console and set the request URL to "
        "https://your-domain/feishu/event. Feishu sends a challenge once; the server answers with the same "
        "value.",
        "why": "- Verdict: **answer**, probability 0.93, threshold 0.52\n"
        "- Nearest passage: Create the Feishu app › Configure events and callbacks (0.81)\n"
        "- Took: retrieval 34 ms, generation 1.8 s",
    },
}
