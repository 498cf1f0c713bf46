// The group chat: asks for the state, waits for changes, redraws only the messages that changed.
"use strict";

const here = { user: asked.get("user") || "ou_alice", chat: asked.get("chat") || "oc_demo", replyTo: null, revision: -1, state: null };
const drawn = new Map();
const shownToasts = new Set();
let polling = null;

const colorOf = (id) => (here.state.users.find((user) => user.id === id) || here.state.bot).color;
function avatar(name, color) {
  const short = /[\u4e00-\u9fff]/.test(name) ? name.slice(-2) : name.slice(0, 2);
  return make("div", { class: "avatar", style: `background:${color}` }, short);
}

const chatAvatar = (chat) => avatar(chat ? chat.name : "", !chat || chat.kind === "p2p" ? here.state.bot.color : "#007a52");

function drawChats() {
  const list = here.state.chats.map((chat) => make("li", {
    class: chat.id === here.chat ? "on" : "", "data-testid": `chat-${chat.id}`, onclick: () => go({ chat: chat.id }),
  }, chatAvatar(chat),
  make("div", { class: "words" }, make("b", {}, chat.name, make("time", {}, chat.time ? clock(chat.time) : "")), make("span", {}, chat.preview))));
  get("chats").replaceChildren(...list);
  drawSigns(get("chats"));
  const chat = here.state.chats.find((one) => one.id === here.chat);
  get("chat-name").textContent = chat ? chat.name : "";
  get("chat-members").textContent = !chat ? "" : chat.kind === "p2p" ? say("p2p") : say("members", chat.members);
  get("chat-avatar").replaceWith(Object.assign(chatAvatar(chat), { id: "chat-avatar" }));
  get("mention").textContent = `@ ${here.state.bot.name}`;
  get("mention").hidden = !chat || chat.kind === "p2p";
}

function drawUsers() {
  get("users").replaceChildren(...here.state.users.map((user) => make("button", {
    type: "button", class: user.id === here.user ? "on" : "", title: user.id, "data-testid": `user-${user.id}`,
    onclick: () => go({ user: user.id }),
  }, avatar(user.name, user.color), make("span", { class: "label" }, user.name), user.admin ? make("span", { class: "badge" }, say("admin")) : null)));
}

function go(change) {
  const p2p = here.chat.startsWith("oc_p2p_");
  Object.assign(here, change);
  if (change.user && p2p) here.chat = `oc_p2p_${here.user.replace("ou_", "")}`;
  here.replyTo = null;
  here.revision = -1;
  drawn.clear();
  get("messages").replaceChildren();
  showReplying();
  history.replaceState(null, "", `?user=${here.user}&chat=${here.chat}`);
  poll();
}

function drawMessages() {
  const known = new Map(here.state.messages.map((message) => [message.id, message]));
  const box = get("messages");
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 120;
  let changed = false;
  for (const message of here.state.messages) {
    const signature = JSON.stringify(message);
    const old = drawn.get(message.id);
    if (old && old.signature === signature) continue;
    changed = true;
    const node = old ? old.node : emptyMessage(message);
    fill(node, message, known);
    drawn.set(message.id, { node, signature });
    if (!old) place(node, message, known);
  }
  countReplies();
  if (changed && atEnd) box.scrollTop = box.scrollHeight;
}

function emptyMessage(message) {
  const node = make("article", { class: "message", "data-testid": "message", "data-id": message.id });
  node.append(avatar(message.name, message.bot ? here.state.bot.color : colorOf(message.sender)),
    make("div", { class: "content" }, make("div", { class: "who" }), make("div", { class: "body", "data-testid": "body" }),
      make("div", { class: "reactions", "data-testid": "reactions" })));
  return node;
}

function place(node, message, known) {
  const root = message.root && known.has(message.root) ? drawn.get(message.root) : null;
  if (!root) { get("messages").append(node); return; }
  const content = root.node.querySelector(".content");
  let thread = content.querySelector(":scope > .thread");
  if (!thread) {
    thread = make("section", { class: "thread", "data-testid": "thread" }, make("div", { class: "thread-head" }));
    content.append(thread);
  }
  thread.append(node);
}

function countReplies() {
  for (const thread of document.querySelectorAll(".thread")) {
    const replies = thread.querySelectorAll(":scope > .message").length;
    thread.querySelector(".thread-head").textContent = replies === 1 ? say("topicOne") : say("topic", replies);
  }
}

function fill(node, message, known) {
  const mine = message.sender === here.user;
  node.classList.toggle("mine", mine);
  const content = node.querySelector(":scope > .content");
  content.querySelector(":scope > .who").replaceChildren(make("span", {}, message.name),
    ...(message.bot ? [make("span", { class: "robot" }, say("bot"))] : []), make("time", {}, clock(message.time)),
    ...(message.edited ? [say("edited")] : []));
  const body = content.querySelector(":scope > .body");
  const kept = remember(body);
  if (message.recalled) {
    body.replaceChildren(make("div", { class: "recalled", "data-testid": "recalled" }, say("recalled", message.recalled_by || message.name)));
  } else {
    body.innerHTML = message.html;
    restore(body, kept);
    pageTables(body);
    drawSigns(body);
  }
  content.querySelector(":scope > .reactions").replaceChildren(...message.reactions.map((reaction) => make("button", {
    type: "button", class: "reaction", "data-testid": `reaction-${reaction.key}`, title: reaction.key,
    onclick: () => act("react", { user: here.user, message_id: message.id, emoji: reaction.key }),
  }, `${reaction.look} ${reaction.names.join("、")}`)));
  drawSigns(content.querySelector(":scope > .reactions"));
  node.querySelector(":scope > .menu")?.remove();
  if (!message.recalled) node.append(menu(message, mine));
}

function menu(message, mine) {
  const entry = (drawn, label, testId, title, onclick) => make("button", { type: "button", "data-testid": testId, title, "aria-label": title, onclick }, icon(drawn), label);
  return make("div", { class: "menu" },
    entry("like", "", "react", say("like"), () => act("react", { user: here.user, message_id: message.id, emoji: "THUMBSUP" })),
    entry("reply", say("reply"), "reply", say("replyHint"), () => { here.replyTo = message; showReplying(); get("text").focus(); }),
    mine ? entry("undo", say("recall"), "recall", say("recall"), () => act("recall", { message_id: message.id })) : null);
}

function remember(body) {
  return {
    open: [...body.querySelectorAll("details")].map((one) => one.open),
    values: new Map([...body.querySelectorAll("input[name],textarea[name],select[name]")].map((one) => [one.name, one.value])),
    focus: body.contains(document.activeElement) ? document.activeElement.name : null,
  };
}

function restore(body, kept) {
  body.querySelectorAll("details").forEach((one, index) => { if (kept.open[index] !== undefined) one.open = kept.open[index]; });
  for (const field of body.querySelectorAll("input[name],textarea[name],select[name]")) {
    if (kept.values.has(field.name) && field.type !== "checkbox") field.value = kept.values.get(field.name);
    if (kept.focus && field.name === kept.focus) field.focus();
  }
}

function drawToasts(first) {
  for (const one of here.state.toasts) {
    if (shownToasts.has(one.id)) continue;
    shownToasts.add(one.id);
    if (!first) toast(one);
  }
}

function draw() {
  const first = here.first !== false;
  here.first = false;
  drawChats();
  drawUsers();
  drawMessages();
  drawPanel();
  drawToasts(first);
  document.body.dataset.revision = here.revision;
}

async function poll() {
  polling?.abort();
  const mine = polling = new AbortController();
  while (!mine.signal.aborted) {
    try {
      const answer = await fetch(`/simulator/api/state?user=${encodeURIComponent(here.user)}&chat=${encodeURIComponent(here.chat)}&since=${here.revision}&lang=${language}`, { signal: mine.signal });
      const state = await answer.json();
      if (mine.signal.aborted) return;
      here.state = state;
      here.revision = state.revision;
      draw();
      await new Promise((resolve) => setTimeout(resolve, 60));
    } catch (problem) {
      if (mine.signal.aborted) return;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

async function press(button) {
  const message = button.closest(".message").dataset.id;
  const question = button.dataset.confirm ? JSON.parse(button.dataset.confirm) : null;
  if (question && !(await ask(question))) return;
  const form = button.closest("form.fs-form");
  if (button.dataset.formAction === "reset") { form?.reset(); return; }
  if (form && button.dataset.formAction === "submit" && !form.reportValidity()) return;
  const values = {};
  if (form && button.dataset.formAction === "submit") {
    for (const field of form.elements) {
      if (field.name && field.tagName !== "BUTTON") values[field.name] = field.type === "checkbox" ? field.checked : field.value;
    }
  }
  button.classList.add("fs-busy");
  const pressed = await act("press", { user: here.user, message_id: message, button: button.dataset.button, form: values });
  button.classList.remove("fs-busy");
  if (/^https?:\/\//.test(pressed.opened || "")) window.open(pressed.opened, "_blank", "noopener");
}

function ask(question) {
  const dialog = get("confirm");
  dialog.querySelector("h3").textContent = question.title?.content || "";
  dialog.querySelector("p").textContent = question.text?.content || "";
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => { dialog.onclose = () => resolve(dialog.returnValue === "yes"); });
}

function showReplying() {
  get("replying").hidden = !here.replyTo;
  if (here.replyTo) get("replying").querySelector("span").textContent = say("replyingTo", here.replyTo.name);
}

function people() {
  return [{ name: here.state.bot.name, color: here.state.bot.color, note: say("bot") }, ...here.state.users.filter((one) => one.id !== here.user), { name: say("everyone"), color: "#8f959e" }];
}

function suggest() {
  const typed = get("text").value.slice(0, get("text").selectionStart).match(/@([^\s@]*)$/);
  const list = get("suggestions");
  const group = !here.chat.startsWith("oc_p2p_");
  const found = typed && group ? people().filter((one) => one.name.toLowerCase().includes(typed[1].toLowerCase())) : [];
  list.hidden = !found.length;
  list.replaceChildren(...found.map((one, index) => make("li", { class: index ? "" : "on", "data-testid": "suggestion", onclick: () => complete(one.name) },
    avatar(one.name, one.color), one.name, one.note ? make("span", { class: "badge" }, one.note) : null)));
}

function complete(name) {
  const text = get("text");
  const before = text.value.slice(0, text.selectionStart).replace(/@[^\s@]*$/, "");
  const after = text.value.slice(text.selectionStart);
  text.value = `${before}@${name} ${after}`;
  text.selectionStart = text.selectionEnd = before.length + name.length + 2;
  get("suggestions").hidden = true;
  text.focus();
}

async function send() {
  const text = get("text").value.trim();
  if (!text) return;
  get("text").value = "";
  get("suggestions").hidden = true;
  const reply = here.replyTo;
  here.replyTo = null;
  showReplying();
  await act("say", {
    user: here.user, chat: here.chat, text, mention_bot: text.includes(`@${here.state.bot.name}`), mention_all: /@(所有人|everyone)/.test(text),
    mentions: here.state.users.filter((one) => text.includes(`@${one.name}`)).map((one) => one.id),
    reply_to: reply ? reply.id : "", in_thread: Boolean(reply),
  });
  get("messages").scrollTop = get("messages").scrollHeight;
}

get("composer").addEventListener("submit", (event) => { event.preventDefault(); send(); });
get("text").addEventListener("input", suggest);
get("text").addEventListener("keydown", (event) => {
  if (event.key === "Escape") get("suggestions").hidden = true;
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (!get("suggestions").hidden) get("suggestions").querySelector("li").click();
  else send();
});
get("mention").addEventListener("click", () => {
  const text = get("text");
  text.value = `@${here.state.bot.name} ${text.value}`;
  text.focus();
});
get("stop-reply").addEventListener("click", () => { here.replyTo = null; showReplying(); });
get("messages").addEventListener("click", (event) => {
  const button = event.target.closest("[data-button]");
  if (button && !button.disabled) press(button);
});
get("messages").addEventListener("submit", (event) => event.preventDefault());
get("theme").addEventListener("click", () => setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
get("language").addEventListener("click", () => {
  kept.set("language", language === "en" ? "zh" : "en");
  const there = new URL(location.href);
  there.searchParams.delete("lang");
  location.assign(there);
});
poll();
