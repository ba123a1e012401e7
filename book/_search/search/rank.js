/*
 * What answers some words, best first: src/cmgdocs/search/rank.py in the reader's browser, step by step.
 * Entries, regular expressions and worths come with the index; a test compares the answers of both.
 */
"use strict";

globalThis.cmgRank = ({ entries: rows, pages, rules, worth, port: PORT, host: HOST, longest, most, worst }) => {
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
  const names = (text) => (text.toLowerCase().match(WORD) ?? []).map(stem);
  const phrase = (text) => names(text).join(" ");

  const words = (text, known = new Map()) =>
    names(text).flatMap((name) => {
      const parts = name.split(SEAM);
      const named = parts.length > 1 && !known.has(name);
      return [name, ...(named ? parts.filter((part) => part.length > 1 && !/^[0-9]+$/.test(part)).map(stem) : [])];
    });

  const said = (query) => query.replace(NOISE, " ").replace(RANGE, "$1-$2");

  const terms = (query, known) => {
    const found = words(said(query), known);
    const both = (one, other) => LETTERS.test(one) && LETTERS.test(other ?? "");
    const pairs = found.flatMap((one, i) => (both(one, found[i + 1]) ? [one + found[i + 1]] : []));
    return [...new Set([...found, ...pairs])];
  };

  const runs = (query) => {
    const found = names(said(query));
    const lengths = Array.from({ length: longest }, (_, i) => i + 1);
    const spans = found.flatMap((_, i) => lengths.filter((many) => i + many <= found.length).map((many) => [i, many]));
    return new Map(spans.map(([i, many]) => [found.slice(i, i + many).join(" "), many]));
  };

  const counts = (term) => (term.length > 2 ? 1 + /[0-9]/.test(term) : 0);

  const ports = (term) => {
    const match = IS_PORT.exec(term);
    if (!match) return null;
    const [low, high] = [match[1], match[2] ?? match[1]].map(Number).sort((a, b) => a - b);
    return low >= LOWEST && high <= HIGHEST ? [low, high] : null;
  };

  const vocabulary = new Map(); // word -> place of each entry that has it -> what it is worth there
  const known = new Map(); // key -> places of the entries that have it
  const at = (map, word, empty) => map.get(word) ?? map.set(word, empty()).get(word);
  entries.forEach(({ id, title, text, keys }, place) => {
    const found = new Map(words(text).map((word) => [word, worth.text]));
    for (const word of [title, ...keys].flatMap((name) => words(name))) found.set(word, worth.title);
    for (const [word, value] of found) at(vocabulary, word, () => new Map()).set(place, value);
    for (const key of [id, ...keys]) at(known, phrase(key), () => new Set()).add(place);
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
    kind === HOST && !name.includes(" ") && keys.some((key) => key === name || name.endsWith(`.${key}`) || key.endsWith(`.${name}`));

  const rarity = (many) => (32 - Math.clz32(Math.floor(entries.length / Math.max(many, 1)))) ** 2;

  const namedBy = (run, spans) => {
    const found = new Set([...(known.get(run) ?? []), ...spans.keys()]);
    if (run.includes(".")) entries.forEach((entry, place) => isHost(entry, run) && found.add(place));
    return found;
  };

  const worthOf = (term) => {
    const whole = vocabulary.get(term) ?? new Map();
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
    const had = new Map();
    const keyed = new Set();
    let spans = new Map();
    const add = (sums, place, value) => sums.set(place, (sums.get(place) ?? 0) + value);
    for (const [run, many] of runs(query)) {
      const mine = byPort(run);
      spans = new Map([...mine, ...spans]);
      const named = namedBy(run, mine);
      const whole = new Set([...named, ...(vocabulary.get(run)?.keys() ?? [])]);
      const value = 2 * worth.key * Math.min(many, 2) * rarity(mine.size || whole.size);
      for (const place of named) add(scores, place, value * entries[place].weight);
      for (const place of named) keyed.add(place);
    }
    const asked = terms(query, vocabulary);
    for (const term of asked) {
      for (const [place, value] of worthOf(term)) {
        add(scores, place, known.get(term)?.has(place) ? 0 : value * entries[place].weight);
        add(had, place, counts(term));
      }
    }
    const all = asked.reduce((sum, term) => sum + counts(term), 0);
    const least = Math.max(Math.min(2, all), Math.floor((Math.max(0, ...had.values()) * 2) / 3));
    const best = Math.max(0, ...scores.values());
    const enough = (place) => keyed.has(place) || (had.get(place) ?? 0) >= least;
    const good = [...scores.keys()].filter((place) => enough(place) && scores.get(place) * worst >= best);
    good.sort((a, b) => scores.get(b) - scores.get(a) || a - b);
    return good.slice(0, most).map((place) => result(place, spans.get(place)));
  };

  return { find, terms, words, address };
};
