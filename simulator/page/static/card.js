// What a drawn card does by itself: copy code, turn table pages, draw signs. Shared by the chat and the gallery.
"use strict";

const HEAD = "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8z";
const THUMB = "M7 11v9H4v-9zM7 11l4-8c1.500 0 2.500 1 2.500 2.500L13 9h6a1.500 1.500 0 0 1 1.500 1.800l-1.500 8A1.500 1.500 0 0 1 17.500 20H7";
const CHECK = "M4 13l5 5L20 6";
const SIGNS = {
  "👍": THUMB, "👎": THUMB, "👤": `${HEAD}M4 21c0-4 3-6 8-6s8 2 8 6`, "🙋": "M11 6a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM4 21c0-4 3-6 7-6 5 0 8-4 8-12M18 21c0-2-1-4-3-5",
  "🖼": "M3 5h18v14H3zM3 17l6-6 4 4 3-3 5 5M16 8h.1", "⚠": "M12 4L2 20h20zM12 10v5M12 17.500h.1", "✅": CHECK, "✔": CHECK, "❌": "M6 6l12 12M18 6L6 18",
  "👌": `M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8 12l3 3 5-6`, "❤": "M12 20C4 14 3 11 3 8.500 3 4 9 3 12 7.500 15 3 21 4 21 8.500c0 2.500-1 5.500-9 11.500z",
  "⏳": "M6 3h12M6 21h12M7 3c0 6 5 6 5 9s-5 3-5 9M17 3c0 6-5 6-5 9s5 3 5 9",
};
const SIGN = new RegExp(`(${Object.keys(SIGNS).join("|")})\\ufe0f?`, "u");

// Many a machine has no font with these pictures and would show boxes: they are drawn, and stay as text beside it.
function drawSigns(root) {
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) {
    const apart = texts.currentNode.parentElement.closest("code, option, textarea, script, style, .fs-sign");
    if (!apart && SIGN.test(texts.currentNode.data)) found.push(texts.currentNode);
  }
  for (let text of found) {
    for (let match = SIGN.exec(text.data); match; match = SIGN.exec(text.data)) {
      const sign = text.splitText(match.index);
      text = sign.splitText(match[0].length);
      sign.replaceWith(drawnSign(sign, match[1]));
    }
  }
}

function drawnSign(text, sign) {
  const drawn = document.createElement("span");
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", SIGNS[sign]);
  if (sign === "👎") path.setAttribute("transform", "rotate(180 12 12)");
  svg.append(path);
  drawn.className = "fs-sign";
  drawn.append(document.createElement("span"), svg);
  drawn.firstChild.append(text.cloneNode());
  return drawn;
}

function pageTables(root) {
  for (const table of root.querySelectorAll("table[data-page-size]:not([data-paged])")) {
    table.dataset.paged = "1";
    const rows = [...table.tBodies].flatMap((body) => [...body.rows]);
    const size = Number(table.dataset.pageSize) || 5;
    if (rows.length <= size) continue;
    const pager = document.createElement("div");
    pager.className = "fs-pager";
    const pages = Math.ceil(rows.length / size);
    let page = 0;
    const show = () => {
      rows.forEach((row, index) => { row.hidden = Math.floor(index / size) !== page; });
      pager.querySelector("span").textContent = `${page + 1} / ${pages}`;
    };
    const turn = (label, step) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.onclick = () => { page = Math.min(pages - 1, Math.max(0, page + step)); show(); };
      return button;
    };
    pager.append(turn("‹", -1), document.createElement("span"), turn("›", 1));
    table.parentElement.append(pager);
    show();
  }
}

document.addEventListener("click", (event) => {
  const copy = event.target.closest(".fs-copy");
  if (!copy) return;
  navigator.clipboard?.writeText(copy.closest(".fs-code").querySelector("code").textContent);
  copy.textContent = document.documentElement.lang === "en" ? "Copied" : "已复制";
});
drawSigns(document.body);
