"""An answer with every construct that models write, for the gallery: what each becomes on a card."""

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

打分取首个 token 的期望：$s = \\sum_{i=0}^{10} i \\cdot p_i$，阈值见[设置](https://example.com/settings)。
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

RICH_TEXT = {"zh": _RICH_ZH, "en": _RICH_EN}
