/*
 * The page for logs: a box for lines and files, and what diagnose-core.js finds in them. All that is shown comes from
 * the document or from the reader, as text and never as markup; nothing leaves the page.
 */
(() => {
  "use strict";

  const data = globalThis.CMG_DIAGNOSIS;
  const core = globalThis.cmgDiagnose;
  const h = globalThis.cmgElement;
  const MOST_MB = 50; // of all files together
  const LARGE = 20000; // characters of a paste that the box would be slow to take; it is listed as a file is
  const SLICE = 1 << 14; // characters or bytes that are read at once
  const BUSY_MS = 30; // after which the browser gets its turn
  const PAUSE_MS = 250; // after the last letter that is typed
  const MB = 1e6;
  const PASTED = "Pasted lines";
  const MARKS = [[[0xff, 0xfe], "utf-16le"], [[0xfe, 0xff], "utf-16be"], [[0xef, 0xbb, 0xbf], ""]];

  // --- reading: the same text that the command makes of a file ----------------------------------

  function* ofText(text) {
    for (let at = 0; at < text.length;) {
      const end = text.indexOf("\n", at + SLICE) + 1 || text.length;
      yield text.slice(at, end);
      at = end;
    }
  }

  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const ofLine = (bytes) => {
    try {
      return utf8.decode(bytes);
    } catch {
      return new TextDecoder("windows-1252").decode(bytes);
    }
  };
  const ofLines = (bytes) => {
    try {
      return utf8.decode(bytes);
    } catch {
      const lines = [];
      for (let at = 0; at < bytes.length;) {
        const end = bytes.indexOf(10, at) + 1 || bytes.length;
        lines.push(ofLine(bytes.subarray(at, end)));
        at = end;
      }
      return lines.join("");
    }
  };

  function* ofBytes(bytes) {
    const [mark, marked] = MARKS.find(([mark]) => mark.every((byte, i) => bytes[i] === byte)) ?? [[], ""];
    const odd = [...bytes.subarray(0, 200)].filter((_, i) => i % 2);
    const encoding = marked || (odd.filter((byte) => byte === 0).length > Math.floor(odd.length / 2) ? "utf-16le" : "");
    const rest = bytes.subarray(mark.length);
    if (encoding) {
      yield* ofText(new TextDecoder(encoding, { ignoreBOM: true }).decode(rest));
      return;
    }
    for (let at = 0; at < rest.length;) {
      const end = rest.indexOf(10, at + SLICE) + 1 || rest.length;
      yield ofLines(rest.subarray(at, end));
      at = end;
    }
  }

  // --- showing ----------------------------------------------------------------------------------

  const { words } = data ?? {};
  const sized = (bytes) => (bytes < MB ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / MB).toFixed(1)} MB`);
  const put = (text, values) => text.replace(/\{([a-z]+)\}/g, (_, name) => values[name]);
  const counted = (number, [one, many]) => `${data.numbers[number] ?? number} ${number === 1 ? one : many}`;
  const mark = ({ inferred }) => (inferred ? [" ", h("span", { class: "inferred" }, "inferred")] : []);

  const start = (box) => {
    const root = document.documentElement.dataset.content_root ?? "";
    const link = (kind, id, text = id) => (data.links[kind][id] ? h("a", { href: root + data.links[kind][id] }, text) : text);
    const joined = (parts, glue) => parts.flatMap((part, i) => (i ? [glue, part] : [part]));

    const line = ({ log, number, at, text }) => {
      const place = put(words.place, { log, number });
      return h("p", { class: "cmg-line" }, h("span", {}, at ? put(words.time, { place, at }) : place, ":"), " ", h("code", {}, text));
    };
    const tried = ({ hosts, ports }) => put(words.ports, { hosts: hosts.join(", "), ports: ports.join(", ") });
    const finding = (item, i) => {
      const cause = data.causes[item.cause];
      const more = item.count - item.lines.length;
      const rows = [
        [words.cause, i ? [h("p", {}, cause.why, mark(cause))] : []], // that of the first one is the headline
        [words.network, [h("p", {}, h("strong", {}, cause.network))]],
        [words.tried, item.hosts.length && item.ports.length ? [h("p", {}, tried(item))] : []],
        [words.remedy, cause.remedy ? [h("p", {}, cause.remedy)] : []],
        [words.flow, item.flows.map((id) => h("p", {}, link("flow", id), " ", data.flows[id]))],
        [words.seen, [...item.lines.map(line), more ? h("p", {}, put(words.more, { records: counted(more, words.records) })) : null]],
        [words.read, cause.read ? [h("p", {}, cause.read)] : []],
        [words.consequence, item.consequences.map((it) => h("p", { class: "cmg-line" }, link("symptom", it.cause), ": ", h("code", {}, it.lines[0].text)))],
        [words.other, cause.others.map((id) => h("p", {}, link("symptom", id), `: ${data.causes[id].why} ${data.causes[id].apart}`.trimEnd()))],
        [words.confidence, [h("p", {}, cause.confidence)]],
        [words.versions, cause.versions ? [h("p", {}, cause.versions)] : []],
        [words.sources, cause.sources.length ? [h("p", {}, joined(cause.sources.map((id) => link("source", id, data.sources[id])), "; "))] : []],
      ];
      return h(
        "section",
        { class: "cmg-finding" },
        h("h2", {}, `${i + 1}. `, link("symptom", item.cause, cause.title), " ", h("small", {}, `(${item.cause})`)),
        h("dl", {}, rows.filter(([, parts]) => parts.length).map(([name, parts]) => [h("dt", {}, name), h("dd", {}, parts)]).flat())
      );
    };
    const headline = ({ findings, lines, unknown }) => {
      const cause = findings.length ? data.causes[findings[0].cause] : null;
      const elsewhere = !unknown && findings.map((item) => data.causes[item.cause]).every((cause) => cause.elsewhere);
      const network = elsewhere ? ` ${words.no_network}` : "";
      const said = cause
        ? [h("strong", {}, words.first), ` ${cause.why}`, ...mark(cause), network]
        : [put(words.nothing, { none: lines ? words.none : words.no_lines })];
      const count = unknown ? put(words.counted, { lines: counted(lines, words.lines), unknown: counted(unknown, words.show) }) : words.every;
      return [h("p", {}, said), lines ? h("p", {}, count) : null].filter(Boolean);
    };
    const wait = () => {
      verdict.setAttribute("aria-busy", "true");
      verdict.classList.remove("cmg-wrong");
      verdict.replaceChildren(h("p", {}, "Reading …"));
      findings.replaceChildren();
    };
    const show = (found) => {
      verdict.removeAttribute("aria-busy");
      verdict.replaceChildren(...headline(found));
      verdict.classList.toggle("cmg-wrong", found.findings.length > 0);
      const all = put(words.not_known, { errors: counted(found.errors, words.errors) });
      const caption = found.errors > found.shown.length ? put(words.first_of, { all }) : all;
      const errors = found.shown.length ? [h("section", { class: "cmg-finding" }, h("h2", {}, caption), found.shown.map(line))] : [];
      findings.replaceChildren(...found.findings.map(finding), ...errors);
    };

    // --- what is given --------------------------------------------------------------------------

    let files = [];
    let turn = 0;
    const area = h("textarea", { id: "cmg-lines", rows: 8, wrap: "off", spellcheck: "false", autocapitalize: "off", autocomplete: "off" });
    const chooser = h("input", { type: "file", multiple: true, hidden: true, onchange: () => { take(chooser.files); chooser.value = ""; } });
    const button = (label, onclick) => h("button", { type: "button", onclick }, label);
    const list = h("ul", { class: "cmg-files", "aria-live": "polite" });
    const verdict = h("div", { class: "cmg-verdict", role: "status", "aria-live": "polite" });
    const findings = h("div", {});
    const clear = button("Clear", () => { area.value = ""; files = []; listed(); run(); area.focus(); });

    const take = (more) => {
      let left = MOST_MB * MB - files.reduce((sum, { size, fault }) => sum + (fault ? 0 : size), 0);
      for (const file of more) {
        const fault = file.size > left ? `: not read, because this page reads ${MOST_MB} MB in all; use the command cmgdocs diagnose` : "";
        files.push({ name: file.name, size: file.size, file, fault });
        left -= fault ? 0 : file.size;
      }
      listed();
      run();
    };
    const pieces = async (log) => {
      if (log.text !== undefined) return ofText(log.text);
      try {
        return ofBytes(new Uint8Array(await log.file.arrayBuffer()));
      } catch {
        log.fault = ": cannot be read";
        listed();
        return [];
      }
    };
    const listed = () => list.replaceChildren(...files.map(({ name, size, fault }) => h("li", {}, `${name}, ${sized(size)}${fault}`)));

    const run = async () => {
      const mine = ++turn;
      const typed = area.value.trim() ? [{ name: PASTED, text: area.value }] : [];
      const logs = [...typed, ...core.inOrder(files.filter(({ fault }) => !fault))];
      clear.disabled = !typed.length && !files.length;
      if (!logs.length) {
        verdict.removeAttribute("aria-busy");
        verdict.replaceChildren();
        findings.replaceChildren();
        return;
      }
      const diagnoser = core.diagnoser(data);
      let since = performance.now();
      for (const log of logs) {
        diagnoser.begin(log.name, log.text === undefined ? core.logOf(data, log.name) : "");
        for (const piece of await pieces(log)) {
          diagnoser.read(piece);
          if (performance.now() - since < BUSY_MS) continue;
          await new Promise((resume) => setTimeout(resume));
          if (mine !== turn) return; // something else has been given
          if (!verdict.hasAttribute("aria-busy")) wait();
          since = performance.now();
        }
      }
      if (mine !== turn) return;
      show(diagnoser.result());
    };

    let waiting = 0;
    area.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(run, PAUSE_MS);
    });
    area.addEventListener("paste", (event) => {
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (event.clipboardData?.files.length) take(event.clipboardData.files);
      else if (text.length > LARGE) take([{ name: PASTED, size: text.length, arrayBuffer: () => new TextEncoder().encode(text).buffer }]);
      else return;
      event.preventDefault();
    });
    box.addEventListener("dragover", (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault());
    box.addEventListener("drop", (event) => {
      if (!event.dataTransfer?.files.length) return; // text goes into the box
      event.preventDefault();
      take(event.dataTransfer.files);
    });

    box.append(
      h(
        "form",
        { class: "cmg-form", autocomplete: "off", onsubmit: (event) => event.preventDefault() },
        h("p", {}, h("label", { for: area.id }, "Lines of a log; files can be dropped here too")),
        area,
        chooser,
        h("p", { class: "cmg-buttons" }, button("Choose files", () => chooser.click()), button("Try an example", () => { area.value = data.example; run(); }), clear),
        list
      ),
      verdict,
      findings
    );
    box.hidden = false;
    run(); // a browser may have kept the lines
  };

  document.addEventListener("DOMContentLoaded", () => {
    const box = document.querySelector("[data-cmg-diagnosis]");
    if (box && data && core) start(box);
  });
})();
