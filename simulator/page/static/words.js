// What the page itself says, in Chinese and English, and its icons. What Feishu would say in a card is not here.
"use strict";

const WORDS = {
  title: ["本地飞书 · Fennel", "Local Feishu · Fennel"], local: ["本地飞书", "local Feishu"], nav: ["导航", "Navigation"],
  messages: ["消息", "Messages"], cards: ["卡片", "Cards"], theme: ["外观", "Theme"], themeHint: ["浅色 / 深色", "Light / dark"],
  language: ["English", "中文"], languageHint: ["Switch to English", "切换到中文"],
  developer: ["开发", "Develop"], developerHint: ["推送与调用", "Pushes and calls"], speakAs: ["以谁的身份发言", "Speak as"],
  admin: ["管理员", "admin"], bot: ["机器人", "bot"], everyone: ["所有人", "everyone"], p2p: ["与机器人的单聊", "Private chat with the bot"],
  members: ["{} 名成员", "{} members"], topic: ["话题 · {} 条回复", "Thread · {} replies"], topicOne: ["话题 · 1 条回复", "Thread · 1 reply"], edited: ["已编辑", "edited"],
  recalled: ["{} 撤回了一条消息", "{} recalled a message"], like: ["点赞", "Like"], reply: ["回复话题", "Reply"],
  replyHint: ["在话题中回复", "Reply in the thread"], recall: ["撤回", "Recall"], replyingTo: ["在话题中回复 {}", "Reply to {}"],
  stopReply: ["取消回复", "Do not reply"], send: ["发送", "Send"], mention: ["@机器人", "Mention the bot"],
  placeholder: ["输入消息，可以 @机器人；Enter 发送，Shift+Enter 换行", "Type a message; @ mentions, Enter sends, Shift+Enter breaks the line"],
  pushes: ["事件推送", "Event pushes"], calls: ["API 调用", "API calls"], faults: ["故障注入", "Faults"], close: ["关闭", "Close"],
  delivered: ["已送达", "delivered"], waiting: ["等待中", "waiting"], given_up: ["已放弃", "given up"], tries: ["{} 次", "{} tries"],
  fault: ["故障 {}", "fault {}"], all: ["全部", "all"], what: ["故障", "Fault"], on: ["作用于", "On"],
  onHint: ["elements.content、messages.reply，留空为全部", "elements.content, messages.reply; empty: all"],
  times: ["次数", "Times"], probability: ["概率", "Probability"], delay: ["延迟（秒）", "Delay (s)"], add: ["添加", "Add"], clear: ["清空", "Clear"],
  cancel: ["取消", "Cancel"], ok: ["确定", "OK"], failed: ["出错了", "Something went wrong"], copied: ["已复制", "Copied"], system: ["系统", "system"],
};

const ICONS = {
  leaf: "M20 4c-9 0-15 4-15 11 0 1.600.400 3 1 4l-2 2M6 19c4-6 8-9 12-10",
  chat: "M4 5h16v11H10l-5 4v-4H4z", cards: "M4 6h12v12H4zM8 3h12v12", moon: "M19 14.500A8 8 0 1 1 9.500 5a6.500 6.500 0 0 0 9.500 9.500z",
  globe: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18",
  tools: "M14 6a4 4 0 0 0 5 5l-8 8a2.500 2.500 0 0 1-3.500-3.500l8-8A4 4 0 0 0 14 6zM19 4l-3 3",
  like: "M7 11v9H4v-9zM7 11l4-8c1.500 0 2.500 1 2.500 2.500L13 9h6a1.500 1.500 0 0 1 1.500 1.800l-1.500 8A1.500 1.500 0 0 1 17.500 20H7",
  reply: "M10 6L4 11l6 5v-3.500c5 0 8 1.500 10 4.500 0-6-4-9-10-9z", undo: "M8 5L4 9l4 4M4 9h9a6 6 0 0 1 0 12h-3", cross: "M6 6l12 12M18 6L6 18",
};

const kept = {
  get: (name) => { try { return localStorage.getItem(`fennel-${name}`); } catch { return null; } },
  set: (name, value) => { try { localStorage.setItem(`fennel-${name}`, value); } catch { /* a browser that keeps nothing */ } },
};
const asked = new URLSearchParams(location.search);
const language = ["zh", "en"].find((one) => one === (asked.get("lang") || kept.get("language"))) || "zh";
const say = (name, ...values) => values.reduce((text, value) => text.replace("{}", value), WORDS[name][language === "en" ? 1 : 0]);

function icon(name) {
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" })) drawn.setAttribute(key, value);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  drawn.append(path);
  return drawn;
}

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  kept.set("theme", name);
}

// <b data-say="name">: its text; data-say-title, data-say-placeholder, data-say-aria-label: that attribute; data-icon: an icon before it.
document.documentElement.lang = language === "en" ? "en" : "zh-CN";
document.title = say("title");
for (const node of document.querySelectorAll("[data-say]")) node.append(say(node.dataset.say));
for (const attribute of ["title", "placeholder", "aria-label"]) {
  for (const node of document.querySelectorAll(`[data-say-${attribute}]`)) node.setAttribute(attribute, say(node.getAttribute(`data-say-${attribute}`)));
}
for (const node of document.querySelectorAll("[data-icon]")) node.prepend(icon(node.dataset.icon));
document.documentElement.dataset.theme = ["dark", "light"].find((one) => one === (asked.get("theme") || kept.get("theme"))) || "light";
