/*
 * Tables of ten and more rows can be sorted, filtered, copied and downloaded; a paragraph that is to be
 * copied gets a button. Without this script all is there to be read.
 */
(() => {
  "use strict";

  const MANY = 10; // rows
  const LOT = "section.cmg-lot"; // with others of its kind it is one table, cut by headings
  const FORMULA = /^[=+\-@\t]/; // as in the library's CSV: a spreadsheet would calculate it
  const order = new Intl.Collator("en", { numeric: true }).compare;

  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };

  const button = (words, act, kind = "cmg-button") => {
    const made = element("button", { type: "button", class: kind }, words);
    made.addEventListener("click", act);
    return made;
  };

  /* What a cell says in one line: paragraphs as a list, a deduced fact in brackets, no mark. */
  const said = (cell) => {
    const copy = cell.cloneNode(true);
    copy.querySelectorAll(".cmg-mark, .headerlink").forEach((mark) => mark.remove());
    copy.querySelectorAll(".inferred").forEach((badge) => badge.replaceWith(`(${badge.textContent})`));
    const parts = copy.querySelectorAll("p").length ? [...copy.querySelectorAll("p")] : [copy];
    const texts = parts.map((part) => part.textContent.replace(/\s+/g, " ").trim()).filter(Boolean);
    return texts.join(cell.classList.contains("sources") ? "; " : " ");
  };

  const rowsOf = (tables) => tables.flatMap((table) => [...table.tBodies[0].rows]);
  const shown = (tables) => [tables[0].tHead.rows[0], ...rowsOf(tables)]
    .filter((row) => !row.hidden).map((row) => [...row.cells].map(said));
  const harmless = (text) => (FORMULA.test(text) ? `'${text}` : text);
  const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

  const csv = (rows) => rows.map((row) => row.map(harmless).map(quoted).join(",")).join("\r\n") + "\r\n";
  const tsv = (rows) => rows.map((row) => row.map(harmless).join("\t")).join("\n") + "\n";
  const markdown = ([head, ...rows]) => [head, head.map(() => "---"), ...rows]
    .map((row, at) => `| ${row.map((text) => (at === 1 ? text : text.replace(/[\\`*_{}[\]<>|~#]/g, "\\$&"))).join(" | ")} |\n`)
    .join("");

  /* The clipboard; where a browser keeps it from pages in a folder, a selection does the same. */
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = element("textarea", { class: "cmg-offscreen", "aria-hidden": "true" });
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  };

  const download = (name, text) => {
    const url = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv;charset=utf-8" }));
    element("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  };

  const sortable = (table, report) => {
    const body = table.tBodies[0];
    const first = [...body.rows]; // the order in which the page has them
    [...table.tHead.rows[0].cells].forEach((head, at) => {
      const title = head.textContent.trim();
      const sort = () => {
        const way = { none: "ascending", ascending: "descending", descending: "none" }[head.ariaSort];
        for (const other of table.tHead.rows[0].cells) other.ariaSort = "none";
        head.ariaSort = way;
        const sign = way === "descending" ? -1 : 1;
        const keys = new Map(first.map((row) => [row, said(row.cells[at])]));
        const rows = way === "none" ? first
          : [...first].sort((a, b) => sign * order(keys.get(a), keys.get(b)) || first.indexOf(a) - first.indexOf(b));
        body.append(...rows);
        report(way === "none" ? "In the first order" : `Sorted by ${title}, ${way}`);
      };
      head.ariaSort = "none";
      head.replaceChildren(button(title, sort, "cmg-sort"));
    });
  };

  /* One set of tools for *tables*, put before *place*; a section that has no row left is hidden. */
  const equip = (tables, place, caption) => {
    const status = element("span", { role: "status" });
    const report = (words) => { status.textContent = words; };
    const filter = element("input", { type: "search", placeholder: "Filter rows", "aria-label": `Filter rows: ${caption}` });
    const rows = rowsOf(tables);
    const sift = () => {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const row of rows) {
        const text = [...row.cells].map(said).join(" ").toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
      }
      for (const lot of tables.map((table) => table.closest(LOT)).filter(Boolean)) lot.hidden = !lot.querySelector("tbody > tr:not([hidden])");
      report(`${rows.filter((row) => !row.hidden).length} of ${rows.length} rows`);
    };
    filter.addEventListener("input", sift);
    addEventListener("hashchange", () => {
      const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      if (!target?.closest("[hidden]") || !tables.some((table) => table.contains(target) || target.contains(table))) return;
      filter.value = "";
      sift();
      target.scrollIntoView();
    });
    const copied = (form) => () => copy(form(shown(tables))).then(() => report("Copied"));
    const name = caption.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 60);
    place.before(element("div", { class: "cmg-tools" }, filter,
      button("Copy", copied(tsv)), button("Copy as Markdown", copied(markdown)),
      button("Download CSV", () => download(`${name || "table"}.csv`, csv(shown(tables)))), status));
    for (const table of tables) sortable(table, report);
  };

  const offerCopy = (words) => {
    const status = element("span", { role: "status", class: "visually-hidden" });
    const copyIt = button("Copy", () => copy([...words.querySelectorAll("p")]
      .map((part) => part.textContent.replace(/\s+/g, " ").trim()).join("\n")).then(() => {
      copyIt.textContent = status.textContent = "Copied";
    }));
    words.classList.add("cmg-copy");
    words.append(copyIt, status);
  };

  /* Cards are blocks, and blocks are no table to a screen reader unless they are called so. */
  const ROLES = { table: "table", tbody: "rowgroup", thead: "rowgroup", tr: "row", td: "cell", th: "columnheader" };
  const call = (narrow) => document.querySelectorAll("table.cmg-cards").forEach((table) => {
    [table, ...table.querySelectorAll("tbody, thead, tr, td, th")].forEach((part) => {
      if (narrow) part.setAttribute("role", ROLES[part.localName]);
      else part.removeAttribute("role");
    });
  });

  document.addEventListener("DOMContentLoaded", () => {
    const tables = [...document.querySelectorAll(".bd-article table")].filter((table) => table.tHead?.rows.length === 1);
    const lots = tables.filter((table) => table.closest(LOT));
    if (lots.length) equip(lots, lots[0].closest(LOT), document.querySelector("h1").firstChild.textContent);
    for (const table of tables.filter((one) => !lots.includes(one) && one.tBodies[0].rows.length >= MANY)) {
      const caption = table.caption?.querySelector(".caption-text")?.textContent ?? table.caption?.textContent ?? document.title;
      equip([table], table.closest(".pst-scrollable-table-container") ?? table, caption);
    }
    document.querySelectorAll("blockquote.copy").forEach(offerCopy);
    const narrow = matchMedia("(max-width: 600px)");
    narrow.addEventListener("change", () => call(narrow.matches));
    call(narrow.matches);
  });
})();
