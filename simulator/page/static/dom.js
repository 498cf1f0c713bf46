// Functions that the page's scripts share.
"use strict";

const get = (id) => document.getElementById(id);
const clock = (milliseconds) => new Date(milliseconds).toLocaleTimeString(language === "en" ? "en-GB" : "zh-CN", { hour: "2-digit", minute: "2-digit" });

function make(tag, attributes = {}, ...inner) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...inner.filter((one) => one !== null && one !== undefined));
  return node;
}

async function act(name, body) {
  const answer = await fetch(`/simulator/api/${name}`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  const result = await answer.json();
  if (!answer.ok) toast({ text: result.problem || say("failed"), type: "error" });
  return result;
}

function toast({ text, type }) {
  const node = make("div", { class: `toast ${type}`, "data-testid": "toast" }, text);
  drawSigns(node);
  get("toasts").append(node);
  setTimeout(() => node.remove(), 4000);
}
