/*
 * The notebook of a page, run in the page. Only where the session `live` put Python beside the site, and a web
 * server gives it out: from a folder, browsers start no worker. Without this script the page is as it is stored.
 */
(() => {
  "use strict";

  const size = globalThis.CMG_LIVE;
  const place = document.querySelector(".cmg-download");
  if (!size || !place || !location.protocol.startsWith("http")) return;

  const home = document.currentScript.src;
  let worker = null;
  let answered = null;

  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };

  const button = (words, act, attributes = {}) => {
    const made = element("button", { type: "button", class: "cmg-button", ...attributes }, words);
    made.addEventListener("click", act);
    return made;
  };

  const cells = [...document.querySelectorAll("div.cell")].filter((cell) => cell.querySelector(".cell_input pre"))
    .map((cell, at) => {
      const input = cell.querySelector(".cell_input");
      const output = cell.querySelector(".cell_output") ?? element("div", { class: "cell_output" });
      const source = input.querySelector("pre").textContent.trimEnd();
      const area = element("textarea", { "aria-label": `Code of cell ${at + 1}`, spellcheck: "false", wrap: "off" });
      area.value = source;
      area.rows = source.split("\n").length;
      area.addEventListener("input", () => { area.rows = area.value.split("\n").length; });
      area.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && event.ctrlKey) run(at);
      });
      return { cell, input, output, area, stored: [...output.childNodes] };
    });

  const open = () => cells.forEach(({ cell, input, output, area }, at) => {
    const name = { "aria-label": `Run from here: cell ${at + 1}` };
    input.replaceChildren(area, button("Run from here", () => run(at), name));
    cell.append(output);
  });

  /* HTML is made by the library alone; what a cell prints or returns otherwise is text. */
  const shown = ([kind, text]) => {
    if (kind === "text") return element("pre", {}, text);
    if (kind === "stored") return element("p", { class: "cmg-live-note" }, text);
    const made = element("div", { class: "output text_html" });
    made.innerHTML = text;
    return made;
  };

  const show = ({ output, stored }, results) => {
    const kept = results.some(([kind]) => kind === "stored") ? stored : [];
    output.replaceChildren(...kept, ...results.map(shown));
  };

  const stop = (words) => {
    worker?.terminate();
    worker = null;
    answered?.(null);
    end(words);
  };

  const end = (words) => {
    answered = null;
    start.textContent = "Run again";
    status.textContent = words;
  };

  const ask = (message) => new Promise((answer) => {
    answered = answer;
    worker.onmessage = ({ data }) => answer(data);
    worker.postMessage(message);
  });

  const run = async (from) => {
    if (answered) return;
    let began = null; // a Python that runs already answers at once
    let first = null;
    start.textContent = "Stop";
    if (!worker) {
      if (!cells[0].area.isConnected) open();
      from = 0;
      began = performance.now();
      worker = new Worker(new URL("live-worker.js", home), { type: "module" });
      worker.onerror = () => stop("Python could not be started: the server does not give it out.");
      status.textContent = "Starting Python …";
    }
    for (let at = from; at < cells.length; at += 1) {
      const results = await ask({ source: cells[at].area.value, first: at === 0 });
      if (!results) return;
      show(cells[at], results);
      if (began !== null && results.length) first ??= performance.now() - began;
      status.textContent = `Cell ${at + 1} of ${cells.length}`;
    }
    end(first === null ? "Done" : `Done; the first output took ${(first / 1000).toFixed(1)} s`);
  };

  const start = button("Run in this page", () => (answered ? stop("Stopped") : run(0)));
  const status = element("span", { role: "status" });
  place.append(start, element("span", {}, `Loads ${size} once; nothing leaves the browser.`), status);
})();
