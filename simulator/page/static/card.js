// What a drawn card does by itself: copy code, turn table pages. Shared by the chat and the gallery.
"use strict";

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
