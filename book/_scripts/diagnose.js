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
  const ROWS = 8; // of the box; fewer once something has been given, so that the answer is in sight
  const FEWER = 4;
  const AT_ONCE = 40; // letters that no key brings: lines were given
  const MB = 1e6;
  const STILL = matchMedia("(prefers-reduced-motion: reduce)");
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

    const placed = ({ log, number, at }) => {
      const place = put(words.place, { log, number });
      return at ? put(words.time, { place, at }) : place;
    };
    const line = (it) => h("p", { class: "cmg-line" }, h("span", {}, placed(it), ":"), " ", h("code", {}, it.text));
    const tried = ({ hosts, ports, quiet, lines }) => {
      const said = ports.length ? null : new RegExp(words.server).exec(lines[0].text);
      const given = said ? { hosts: said[1], ports: said[2] } : { hosts: hosts.join(", "), ports: ports.join(", ") };
      const tried = given.hosts && given.ports ? put(words.port, given) : given.hosts;
      return quiet.length && ports.length ? put(words.quiet, { tried, ports: quiet.join(", ") }) : tried;
    };
    const other = (id) => {
      const { title, why, apart } = data.causes[id];
      return [h("p", {}, link("symptom", id, title), `: ${why}`), apart ? h("p", { class: "cmg-apart" }, put(words.apart, { apart })) : null];
    };
    const finding = (item, i) => {
      const cause = data.causes[item.cause];
      const more = item.count - item.lines.length;
      const rows = [
        [words.cause, [h("p", {}, cause.why, mark(cause))]],
        [words.network, [h("p", {}, h("strong", {}, cause.network))]],
        [words.tried, tried(item) ? [h("p", {}, tried(item))] : []],
        [words.remedy, cause.remedy ? [h("p", {}, cause.remedy)] : []],
        [words.flow, item.flows.map((id) => h("p", {}, link("flow", id), " ", data.flows[id]))],
        [words.found, [...item.lines.map(line), more ? h("p", {}, put(words.more, { records: counted(more, words.records) })) : null]],
        [words.read, cause.read ? [h("p", {}, cause.read)] : []],
        [words.consequence, item.consequences.map((it) => h("p", { class: "cmg-line" }, link("symptom", it.cause, data.causes[it.cause].title), ": ", h("code", {}, it.lines[0].text)))],
        [words.other, cause.others.flatMap(other)],
        [words.confidence, [h("p", {}, cause.confidence)]],
        [words.versions, cause.versions ? [h("p", {}, cause.versions)] : []],
        [words.sources, cause.sources.length ? [h("p", {}, joined(cause.sources.map((id) => link("source", id, data.sources[id])), "; "))] : []],
      ];
      return h(
        "section",
        { class: "cmg-finding", id: `cmg-finding-${i + 1}` },
        h("h2", {}, put(words.numbered, { number: i + 1, title: "" }), link("symptom", item.cause, cause.title), " ", h("small", {}, `(${item.cause})`)),
        h("dl", {}, rows.filter(([, parts]) => parts.length).map(([name, parts]) => [h("dt", {}, name), h("dd", {}, parts)]).flat())
      );
    };
    const isGeneric = ({ cause }) => data.causes[cause].generic;
    const found = (items) => {
      const recent = items.filter(({ old }) => !old);
      const first = recent.find((item) => !isGeneric(item)) ?? recent[0];
      const cause = data.causes[first.cause];
      const word = cause.generic ? words.no_cause : recent.length > 1 ? words.first : words.only;
      const said = (kind, label, ...rest) => h("p", { class: `cmg-${kind}` }, h("strong", {}, label), " ", ...rest);
      const listed = ({ cause, old, lines: [{ at }] }, i) => {
        const title = h("a", { href: `#cmg-finding-${i + 1}` }, data.causes[cause].title);
        const number = put(words.numbered, { number: i + 1, title: "" });
        return h("li", {}, number, title, at ? put(words.timed, { title: "", at }) : "", old ? put(words.old, { title: "" }) : "");
      };
      return [
        said("cause", word, cause.title, ...mark(cause)),
        said("network", words.answer, cause.network),
        said("remedy", words.do, cause.remedy),
        said("where", words.where, [tried(first), placed(first.lines[0])].filter(Boolean).join("; ")),
        ...items.length > 1 ? [h("p", {}, put(words.several, { count: items.length })), h("ol", {}, items.map(listed))] : [],
      ];
    };
    const recognised = ({ lines, unknown }) => {
      if (unknown === lines) return ["", ...words.neither][Math.min(lines, words.neither.length)];
      return unknown ? put(words.some, { unknown, lines }) : words.every;
    };
    const worked = ({ recovery, at }) => {
      const text = data.recoveries[recovery];
      return h("p", {}, at ? put(words.works, { at, text }) : text);
    };
    const over = ({ past }) => {
      const count = past.reduce((sum, item) => sum + item.count, 0);
      const several = count > 1 ? 1 : 0;
      const [at] = past.map((item) => item.at).filter(Boolean).sort();
      const errors = put(words.earlier[several], { count });
      return past.length ? put(words.past[several], { errors: at ? put(words.of, { errors, at }) : errors }) : "";
    };
    const headline = (of) => {
      const none = of.past.length ? words.no_other : of.lines ? words.none : words.no_lines;
      const counts = [over(of), of.findings.length ? "" : put(words.nothing, { none }), recognised(of)];
      const shown = counts.filter(Boolean).map((text) => h("p", { class: "cmg-count" }, text));
      return [...of.findings.length ? found(of.findings) : of.works.map(worked), ...shown];
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
      verdict.classList.toggle("cmg-wrong", found.findings.some((item) => !item.old && !isGeneric(item)));
      const all = put(words.not_known, { errors: counted(found.errors, words.errors) });
      const caption = found.errors > found.shown.length ? put(words.first_of, { all }) : all;
      const errors = found.shown.length ? [h("section", { class: "cmg-finding" }, h("h2", {}, caption), found.shown.map(line))] : [];
      findings.replaceChildren(...found.findings.map(finding), ...errors);
    };

    // --- what is given --------------------------------------------------------------------------

    let files = [];
    let turn = 0;
    let away = false; // the window lost the focus, not the box
    const area = h("textarea", {
      id: "cmg-lines",
      rows: ROWS,
      wrap: "off",
      spellcheck: "false",
      autocapitalize: "off",
      autocomplete: "off",
      onblur: () => { away = document.activeElement === area; },
      onfocus: () => { area.rows = away ? area.rows : ROWS; },
    });
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
      give();
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

    // Read what was given in one go, and see to it that its verdict is in sight.
    const give = async () => {
      area.rows = FEWER;
      requestAnimationFrame(() => area.scrollTo(0, 0)); // once the caret has been scrolled to
      if (await run() && verdict.getBoundingClientRect().bottom > (globalThis.visualViewport?.height ?? innerHeight)) {
        verdict.scrollIntoView({ behavior: STILL.matches ? "auto" : "smooth" });
      }
    };
    // Whether a verdict is shown.
    const run = async () => {
      const mine = ++turn;
      const typed = area.value.trim() ? [{ name: PASTED, text: area.value }] : [];
      const logs = [...typed, ...core.inOrder(files.filter(({ fault }) => !fault))];
      clear.disabled = !typed.length && !files.length;
      box.classList.toggle("cmg-given", logs.length > 0);
      if (!logs.length) {
        verdict.removeAttribute("aria-busy");
        verdict.replaceChildren();
        findings.replaceChildren();
        return false;
      }
      const diagnoser = core.diagnoser(data);
      let since = performance.now();
      for (const log of logs) {
        diagnoser.begin(log.name, log.text === undefined ? core.logOf(data, log.name) : "");
        for (const piece of await pieces(log)) {
          diagnoser.read(piece);
          if (performance.now() - since < BUSY_MS) continue;
          await new Promise((resume) => setTimeout(resume));
          if (mine !== turn) return false; // something else has been given
          if (!verdict.hasAttribute("aria-busy")) wait();
          since = performance.now();
        }
      }
      if (mine !== turn) return false;
      show(diagnoser.result());
      return true;
    };

    let waiting = 0;
    let before = 0;
    area.addEventListener("beforeinput", () => { before = area.value.length; });
    area.addEventListener("input", ({ inputType }) => {
      clearTimeout(waiting);
      const atOnce = inputType === "insertFromPaste" || area.value.length > before + AT_ONCE;
      waiting = atOnce ? setTimeout(give) : setTimeout(run, PAUSE_MS);
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
        h("p", { class: "cmg-buttons" }, button("Choose files", () => chooser.click()), button("Try an example", () => { area.value = data.example; give(); }), clear),
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
