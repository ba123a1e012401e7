/*
 * What answers some words, best first: src/cmgdocs/search/rank.py in the reader's browser, step by step.
 * Entries, regular expressions and worths come with the index; a test compares the answers of both.
 */
"use strict";

globalThis.cmgRank = ({ entries: rows, pages, rules, worth, port: PORT, host: HOST, most, worst }) => {
  const address = (page, anchor) => pages[page][0] + (anchor && `#${anchor}`);
  const entries = rows.map(([kind, id, title, page, anchor, text, keys, ports, weight]) => {
    return { kind, id, title, page: address(page, anchor), text, keys, ports, weight };
  });

  const regex = (rule, flags = "") => new RegExp(rules[rule], flags);
  const [NOISE, RANGE, WORD] = ["noise", "range", "word"].map((rule) => regex(rule, "g"));
  const [SEAM, PLURAL, LETTERS, IS_PORT] = ["seam", "plural", "letters", "port"].map((rule) => regex(rule));
  const LOWEST = 1;
  const HIGHEST = 65535;

  const stem = (word) => (PLURAL.test(word) ? word.slice(0, -1) : word);
  const names = (text) => text.toLowerCase().match(WORD) ?? [];
  const phrase = (text) => names(text).map(stem).join(" ");

  const words = (text) =>
    names(text).flatMap((name) => {
      const parts = name.split(SEAM);
      const named = parts.length > 1 ? parts.filter((part) => part.length > 1 && !/^[0-9]+$/.test(part)) : [];
      return [name, ...named].map(stem);
    });

  const terms = (query) => {
    const said = query.replace(NOISE, " ").replace(RANGE, "$1-$2");
    const found = words(said);
    const both = (one, other) => LETTERS.test(one) && LETTERS.test(other ?? "");
    const pairs = found.flatMap((one, i) => (both(one, found[i + 1]) ? [one + found[i + 1]] : []));
    return [...new Set([...found, ...pairs, phrase(said)])];
  };

  const ports = (term) => {
    const match = IS_PORT.exec(term);
    if (!match) return null;
    const [low, high] = [match[1], match[2] ?? match[1]].map(Number).sort((a, b) => a - b);
    return low >= LOWEST && high <= HIGHEST ? [low, high] : null;
  };

  const vocabulary = new Map(); // word -> place of each entry that has it -> what it is worth there
  entries.forEach(({ id, title, text, keys }, place) => {
    const found = new Map(words(text).map((word) => [word, worth.text]));
    for (const word of [title, ...keys].flatMap(words)) found.set(word, worth.title);
    for (const key of [id, ...keys]) found.set(phrase(key), worth.key);
    for (const [word, value] of found) {
      if (!vocabulary.has(word)) vocabulary.set(word, new Map());
      vocabulary.get(word).set(place, value);
    }
  });

  const byPort = (term) => {
    const found = new Map();
    const asked = ports(term);
    if (!asked) return found;
    const [low, high] = asked;
    entries.forEach((entry, place) => {
      const span = entry.ports.find(([first, last]) => Math.max(first, low) <= Math.min(last, high));
      if (span) found.set(place, [Math.max(span[0], low), Math.min(span[1], high), span[2]]);
    });
    return found;
  };

  const isHost = ({ kind, keys }, name) =>
    kind === HOST && keys.some((key) => key === name || name.endsWith(`.${key}`) || key.endsWith(`.${name}`));

  const rarity = (many) => (32 - Math.clz32(Math.floor(entries.length / many))) ** 2;

  const worthOf = (term, spans) => {
    const whole = new Map(vocabulary.get(term));
    for (const place of spans.keys()) whole.set(place, worth.key);
    if (term.includes(".")) {
      entries.forEach((entry, place) => isHost(entry, term) && whole.set(place, worth.key));
    }
    const begun = new Map();
    for (const [word, places] of term.length > 2 ? vocabulary : []) {
      if (!word.startsWith(term)) continue;
      for (const [place, value] of places) {
        if (!whole.has(place)) begun.set(place, Math.max(value, begun.get(place) ?? 0));
      }
    }
    const times = (places, factor) => [...places].map(([place, value]) => [place, value * factor]);
    return [
      ...times(whole, 2 * rarity(whole.size)),
      ...times(begun, rarity(whole.size + begun.size)),
    ];
  };

  const bothEnds = (low, high) => (low === high ? `${low}` : `${low}-${high}`);

  const result = (place, span) => {
    const { kind, id, title, page, text } = entries[place];
    if (!span) return { kind, id, title, page, text };
    const [low, high, base] = span;
    const named = `, VM instance${low === high ? "" : "s"} ${bothEnds(low - base, high - base)}`;
    return { kind: PORT, id, title: `${bothEnds(low, high)}${base ? named : ""}: ${title}`, page, text };
  };

  const find = (query) => {
    const scores = new Map();
    let spans = new Map();
    for (const term of terms(query)) {
      const mine = byPort(term);
      spans = new Map([...mine, ...spans]);
      for (const [place, value] of worthOf(term, mine)) {
        scores.set(place, (scores.get(place) ?? 0) + value * entries[place].weight);
      }
    }
    const best = Math.max(0, ...scores.values());
    const good = [...scores.keys()].filter((place) => scores.get(place) * worst >= best);
    good.sort((a, b) => scores.get(b) - scores.get(a) || a - b);
    return good.slice(0, most).map((place) => result(place, spans.get(place)));
  };

  return { find, terms, words, address };
};
