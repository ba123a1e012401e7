/* The page of results: facts and pages as rank.js finds them, then sections in whose text the words are. */
(() => {
  "use strict";

  const index = globalThis.cmgSearch;
  const MOST_SECTIONS = 15;
  const MOST_ASKED = 20000; // characters, as the command reads: a link with more would keep the page busy
  const WAIT_MS = 150; // after the last key
  const BEFORE = 60; // characters of a snippet before the first word that was found
  const LONGEST = 180;

  const rank = globalThis.cmgRank(index);
  const titles = new Map(index.pages);
  const sections = index.sections.map(([title, page, anchor, text, weight]) => {
    return { title, page: rank.address(page, anchor), text, weight };
  });
  const inText = new globalThis.MiniSearch({
    fields: ["title", "text"],
    tokenize: (text) => rank.words(text),
    processTerm: (word) => word,
  });
  inText.addAll(sections.map((section, id) => ({ id, title: section.title, text: section.text })));

  const field = document.getElementById("cmg-query");
  const status = document.getElementById("cmg-status");
  const shown = document.getElementById("cmg-found");

  const sectionsWith = (query) => {
    const options = {
      prefix: (word) => word.length > 2,
      fuzzy: (word) => (/^[a-z]{6,}$/.test(word) ? 0.2 : false),
      boost: { title: 3 },
      boostDocument: (id) => sections[id].weight,
    };
    const many = new Set(rank.words(query)).size;
    const found = inText.search(query, options).filter(({ queryTerms }) => new Set(queryTerms).size * 3 > many * 2);
    return found.slice(0, MOST_SECTIONS).map(({ id }) => ({ kind: "section", ...sections[id] }));
  };

  const element = (name, className, ...content) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...content);
    return made;
  };

  const linked = (page, title) => {
    const link = element("a", "", title);
    link.href = page;
    return link;
  };

  /* Text with the words of the query marked, the longest ones first. */
  const marked = (text, words) => {
    const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    if (!escaped.length) return [text];
    const parts = text.split(new RegExp(`(${escaped.join("|")})`, "i"));
    return parts.map((part, i) => (i % 2 ? element("mark", "", part) : part));
  };

  const snippet = (text, words) => {
    const low = text.toLowerCase();
    const places = words.map((word) => low.indexOf(word)).filter((place) => place >= 0);
    const first = Math.max(0, Math.min(...(places.length ? places : [0])) - BEFORE);
    const from = first ? text.indexOf(" ", first) + 1 : 0;
    const to = text.length > from + LONGEST ? text.lastIndexOf(" ", from + LONGEST) : text.length;
    const cut = text.slice(from, Math.max(to, from + 1));
    return [from ? "… " : "", ...marked(cut, words), to < text.length ? " …" : ""];
  };

  const item = ({ kind, id, title, page, text }, words) => {
    const [name] = page.split("#");
    const link = linked(page, title);
    const named = /^[A-Z][0-9]+$/.test(id) ? `${kind} ${id}` : kind;
    const made = element("li", "", element("p", "cmg-hit", link, " ", element("span", "cmg-kind", named)));
    if (text) made.append(element("p", "cmg-snippet", ...snippet(text, words)));
    made.append(element("p", "cmg-where", titles.get(name)));
    return made;
  };

  const group = (heading, found, words) => {
    const list = element("ol", "cmg-results", ...found.map((one) => item(one, words)));
    return found.length ? [element("h2", "", heading), list] : [];
  };

  const nothing = () => [
    "Nothing found. Try a port, a host, an error code, or fewer words.",
    ...index.instead.flatMap((place, i) => [i ? " and " : " For a fault, read ", linked(...index.pages[place])]),
  ];

  const counted = (many) => `${many} result${many === 1 ? "" : "s"}`;

  const search = () => {
    const query = field.value.trim().slice(0, MOST_ASKED);
    if (!query) {
      status.textContent = "";
      shown.replaceChildren();
      return;
    }
    const facts = rank.find(query);
    const texts = sectionsWith(query);
    const words = rank.terms(query).filter((word) => word.length > 3 || /[0-9]/.test(word));
    words.sort((a, b) => b.length - a.length);
    const many = facts.length + texts.length;
    status.replaceChildren(...(many ? [counted(many)] : nothing()));
    shown.replaceChildren(
      ...group("Facts and pages", facts, words),
      ...group("In the text of pages", texts, words)
    );
  };

  let waiting;
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(search, WAIT_MS);
  });
  field.value = new URLSearchParams(location.search).get("q") ?? "";
  search();
  field.focus();
})();
