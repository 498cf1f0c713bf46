// The panel beside the chat: raw pushes, API calls, faults to order.
"use strict";

// One push or call: [what, who, words] and the time stand in its row, the rest below it.
function line(testId, number, [what, who, words], time, status, look, text) {
  const key = `${testId}-${number}`;
  const open = document.querySelector(`[data-key="${key}"]`)?.open;
  return make("details", { class: "line", "data-testid": testId, "data-key": key, open },
    make("summary", {}, make("b", {}, what), who || words ? make("i", {}, [who, words].filter(Boolean).join(": ")) : null,
      make("time", {}, clock(time)), make("span", { class: look }, status)), make("pre", {}, text));
}

function drawPanel() {
  if (get("panel").hidden) return;
  const looks = { delivered: "ok", waiting: "wait", given_up: "bad" };
  get("pushes").replaceChildren(...here.state.pushes.map((push) => {
    const tries = push.attempts.map((one) => `${clock(one.time * 1000)}  HTTP ${one.status || "-"}  ${(one.seconds * 1000).toFixed(0)} ms  ${one.problem || one.body.slice(0, 200)}`);
    return line("push", push.number, [push.type, push.sender, push.text], push.time, `${say(push.state)} · ${say("tries", push.attempts.length)}`, looks[push.state], `${tries.join("\n")}\n\n${push.payload}`);
  }));
  get("calls").replaceChildren(...here.state.calls.map((call) => line("call", call.number,
    [`${call.method} ${call.path.replace("/open-apis", "")}`, "", ""], call.time, call.fault ? say("fault", call.fault) : `${call.status} · ${call.code}`,
    call.code === 0 && !call.fault ? "ok" : "bad", `${call.operation}  ${clock(call.time)}\n\n${call.request}\n\n${call.response}`)));
}

function togglePanel() {
  get("panel").hidden = !get("panel").hidden;
  if (here.state) drawPanel();
}
get("panel-toggle").addEventListener("click", togglePanel);
get("panel-close").addEventListener("click", togglePanel);
for (const tab of document.querySelectorAll("[data-tab]")) {
  tab.addEventListener("click", () => {
    for (const other of document.querySelectorAll("[data-tab]")) {
      other.classList.toggle("on", other === tab);
      get(other.dataset.tab).hidden = other !== tab;
    }
    if (tab.dataset.tab === "faults") drawFaults();
  });
}
async function drawFaults() {
  const { faults } = await act("faults", {});
  get("fault-list").replaceChildren(...faults.map((one) => make("li", {}, `${one.what} → ${one.on || say("all")} × ${one.times ?? "∞"} (p=${one.probability})`)));
}
get("fault-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const data = Object.fromEntries(new FormData(event.target));
  await act("add_fault", { what: data.what, on: data.on, times: Number(data.times) || 1, probability: Number(data.probability), delay: Number(data.delay) || 0 });
  drawFaults();
});
get("clear-faults").addEventListener("click", async () => { await act("clear_faults", {}); drawFaults(); });
