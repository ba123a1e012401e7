/*
 * The diagnosis without its page: from the lines of logs to causes. No symptom and no pattern is written here: they come
 * from the document that cmgdocs.views.diagnosis_document makes. A test runs this file against the library, case by case.
 */
(() => {
  "use strict";

  const MOST_LINES = 200;
  const LONGEST_LINE = 65536;
  const LONGEST = 10000;
  const SHOWN = 3;
  const SOON = 60000;
  const TIED = 256;
  const NAMED = 8;
  const APART = 1000;
  const LONG = 86400000; // a day
  const START = "<![LOG[";
  const END = "]LOG]!>";
  const SERVER = /\$\$<([^<>]*)><([^<>]*)>/;
  const ONE_MORE = new RegExp(String.raw`(\$\$<[^<>]*><[^<>]*><thread=[0-9]+ \(0x[0-9A-Fa-f]+\)>|` +
    String.raw`:[0-9]{2}(?: ?[AP]M)?[\t ]+[0-9]+ \(0x[0-9A-Fa-f]+\))[\t ]*(?=[^\t\r >)])`, "g");
  const ON = "[0-9]{1,4}[/.-][0-9]{1,2}[/.-][0-9]{2,4}";
  const WHEN = String.raw`${ON} [0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?: [AP]M)?`;
  const WHO = String.raw`[A-Za-z][^ \t]*`;
  const THREAD = String.raw`[0-9]+ \(0x[0-9A-Fa-f]+\)`;
  const COPIED = new RegExp(`\\t([A-Za-z][^\\t]*)\\t(${ON} [^\\t]*)\\t${THREAD}`);
  const SPACED = new RegExp(`[ \\t](${WHO})[ \\t]+(${WHEN})[ \\t]+${THREAD}`);
  const DATED = new RegExp(`[ \\t](${WHEN})[ \\t]+(${WHO})[ \\t]+${THREAD}`);
  const LED = new RegExp(`^(?:(${WHEN})[ \\t]+(${WHO})[ \\t]+|([A-Za-z][^ \\t:]*)(?:\\t|[ \\t][ \\t]+))${THREAD}[ \\t]+(?=[^ \\t])`);
  const ATTRIBUTE = /([a-z]+)=["\u201c\u201d\u2033]([^"\u201c\u201d\u2033]*)["\u201c\u201d\u2033]/g;
  const TIME = /([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,3})[0-9]*)?(?: ?([AP])M)?([+-][0-9]{1,3})?/;
  const DATE = /([0-9]{1,2})([-/.])([0-9]{1,2})[-/.]((?:19|20)[0-9]{2})/;
  const DAY = /((?:19|20)[0-9]{2})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})/;
  const CONTINUES = /^(?:[ \t]+at |[ \t]*--->|[ \t]*--- End of)/;
  const ERROR = /^[^A-Za-z]{0,10}(?:ERROR|Failed)\b/i;
  const CONTROL = /[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
  const SPACE = /[\t\n\x0b\x0c\r \x85\xa0\u2028\u2029]+/g;
  const SIGN = /[^\t\n\x0b\x0c\r ]+/g;
  const ROLLED = /-[0-9]{8}-[0-9]{6}$/;
  const BARE = new RegExp("^((?:19|20)[0-9-]{8} [0-9:]{8}) (?:[^ ]+ ){1,3}?([A-Z_]+) (/[^ ]*) [^ ]+ [0-9]+ [^ ]+ ([^ ]+) " +
    "(?:[^ ]+ ){0,5}?([1-5][0-9]{2}) ([0-9]+) ([0-9]+)(?: [0-9]+){0,3}$"); // a line of IIS without the names of its fields

  const LONGEST_PASTED = 65536;
  const ENTITIES = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&" };
  const ENTITY = /&(?:lt|gt|quot|#39|amp);/g;
  const ESCAPED = /\\(?=[<>[\]*#`~])|(?<=[A-Za-z0-9])\\(?=_)/g;
  const BOLD = /(?<!\*)\*\*(?=[^ *])([^*]*[^ *])\*\*(?!\*)/g;
  const QUOTED = /^(?:> ?)+/;
  const FENCE = /^[ \t]*```[a-z]*[ \t\r]*$/;
  const [NARROWEST, WIDEST] = [50, 120];
  const BEGINS = new RegExp("^(?:ERROR|Error:|Failed|<|\\[|#|STATMSG|TaskManager:|Resource Manager|Web exception|Received|" +
    "Forwarding|MessageID|[0-9]{1,4}[/.-][0-9]{1,2}[/.-])");
  const HTTP = /\[CCMHTTP\] ERROR(?: INFO)?:/;
  const STATUS_TEXT = /StatusText ?= ?[ \t]*$/;
  const KEY = /\b(?:URL=http|Port=[0-9]|Options=[0-9]|Code=[0-9]|(?:Status)?Text=)/;
  const REASON = /^(?:[A-Za-z_]+|Bad Gateway|Bad Request|Internal Server Error|Not Found|Service Unavailable)$/;
  const MOST_BREAKS = 4;
  const ENDED = /(?:\(0x[0-9A-Fa-f]+\)>?|">|\$\$<[^<>]*><[^<>]*>)$/;

  const words = (text) => text.match(SIGN) ?? [];
  const own = (table, key) => Object.prototype.hasOwnProperty.call(table, key) ? table[key] : undefined;

  // A text on one line, with what steers a terminal made visible.
  const cleaned = (text) => text.replaceAll("~~", " ")
    .replace(CONTROL, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .replace(SPACE, " ").replace(/^[ ~]+|[ ~]+$/g, "").slice(0, LONGEST);

  const ending = (line) => {
    let end = line.length; // a pattern would begin anew at each of many blanks
    while (end && " \t\r".includes(line[end - 1])) end -= 1;
    return line.slice(0, end);
  };
  const sized = (text) => [...text].length; // as Python counts
  const bared = (line) => ending(line).replace(/^[ \t\r]+/, "");
  // A text as the log had it before it was posted, as far as that shows; it keeps the number of its lines.
  const mended = (text) => {
    const given = text.includes("&lt;![LOG[") || text.includes("$$&lt;") ? text.replace(ENTITY, (it) => ENTITIES[it]) : text;
    return ofHttp(unbroken(given.replaceAll("\xa0", " ").split("\n").map((line) => {
      const own = line.replace(QUOTED, "");
      if (own.includes(START) || own.includes("$$<")) return own;
      return FENCE.test(own) ? "" : own.replace(ESCAPED, "").replace(BOLD, "$1");
    }))).join("\n");
  };
  // The lines, those of one record together where all were broken at one width.
  const unbroken = (lines) => {
    const [bare, ends] = [lines.map(bared), lines.map(ending)];
    const width = ends.reduce((most, line) => Math.max(most, sized(line)), 0);
    if (width < NARROWEST || width > WIDEST) return lines;
    const pairs = bare.filter((line, i) => line && bare[i + 1]).length;
    const joined = ends.map((line, i) => i).filter((i) => i && bare[i] && ends[i - 1] &&
      sized(ends[i - 1]) + 1 + sized(bare[i].match(/^[^ \t\r]+/)[0]) > width &&
      !ENDED.test(ends[i - 1]) && (/[:,]$/.test(ends[i - 1]) || !BEGINS.test(bare[i])));
    const amid = joined.some((i) => /^[a-z]/.test(bare[i])); // a line begins in the middle of a sentence
    if (!amid || joined.length < 2 || 2 * joined.length < pairs) return lines;
    if (joined.every((i) => sized(ends[i - 1]) === width)) return lines; // by a terminal, in the middle of words
    const made = [...lines];
    for (const i of joined.reverse()) [made[i - 1], made[i]] = [`${ends[i - 1]} ${bared(made[i])}`, ""];
    return made;
  };

  // The lines, those of one record of [CCMHTTP] together.
  const ofHttp = (lines) => {
    const made = [...lines];
    let [first, breaks] = [0, 0];
    lines.forEach((line, i) => {
      if (i && breaks < MOST_BREAKS && goesOn(made[first], line)) {
        [made[first], made[i], breaks] = [`${ending(made[first])} ${bared(line)}`, "", breaks + 1];
      } else [first, breaks] = [i, 0];
    });
    return made;
  };
  const goesOn = (record, line) => {
    const [found, bare] = [HTTP.exec(record), bared(line)];
    if (!found || record.includes(START) || BEGINS.test(bare)) return false;
    if (STATUS_TEXT.test(ending(record))) return REASON.test(bare);
    return !record.slice(found.index + found[0].length).includes("Text=") && KEY.test(bare);
  };

  // Milliseconds since 1970 of a date and a time, and both as they are written; null and nothing where there are none.
  const moment = (text) => {
    const time = TIME.exec(text);
    const day = DAY.exec(text);
    const date = DATE.exec(text);
    if (!time || !(day || date)) return [null, ""];
    let [year, month, of] = day ? day.slice(1).map(Number) : [Number(date[4]), Number(date[1]), Number(date[3])];
    if (!day && (date[2] === "." || month > 12)) [month, of] = [of, month];
    const [given, minute, second] = time.slice(1, 4).map(Number);
    const hour = time[5] ? given % 12 + (time[5] === "P" ? 12 : 0) : given;
    const when = new Date(Date.UTC(year, month - 1, of, hour, minute, second));
    const same = when.getUTCMonth() === month - 1 && when.getUTCDate() === of && hour < 24 && minute < 60 && second < 60;
    if (!same) return [null, ""];
    const off = Number(time[6] ?? 0) * 60000 + Number((time[4] ?? "0").padEnd(3, "0"));
    return [when.getTime() + off, when.toISOString().slice(0, 19).replace("T", " ")];
  };

  // The lines after what was found, which are those of an exception.
  const rest = (text, found) => {
    const after = text.slice(found.index + found[0].length);
    return after.includes("\n") ? after.slice(after.indexOf("\n")) : "";
  };

  // The message, component, time and type of one record.
  const takenApart = (text, fields) => {
    const start = text.indexOf(START);
    if (start >= 0) {
      const inner = text.slice(start + START.length);
      const end = inner.indexOf(END);
      const given = Object.fromEntries([...inner.slice(end < 0 ? inner.length : end).matchAll(ATTRIBUTE)].map((it) => it.slice(1)));
      const when = moment(`${given.date ?? ""} ${given.time ?? ""}`);
      return [end < 0 ? inner : inner.slice(0, end), given.component ?? "", when, given.type ?? ""];
    }
    const server = SERVER.exec(text);
    if (server) {
      return [text.slice(0, server.index) + rest(text, server), server[1], moment(server[2]), ""];
    }
    const copied = COPIED.exec(text) ?? SPACED.exec(text);
    if (copied) return [text.slice(0, copied.index) + rest(text, copied), copied[1], moment(copied[2]), ""];
    const dated = DATED.exec(text);
    if (dated) return [text.slice(0, dated.index) + rest(text, dated), dated[2], moment(dated[1]), ""];
    const led = LED.exec(text);
    if (led) return [text.slice(led[0].length), led[2] ?? led[3], moment(led[1] ?? ""), ""];
    return ofIis(text, fields) ?? [text, "", moment(text.slice(0, 40)), ""];
  };

  const ofIis = (text, fields) => {
    const values = words(text);
    if (!fields.length) {
      const found = BARE.exec(values.join(" "));
      if (!found) return null;
      const [when, method, stem, asker, status, sub, win32] = found.slice(1);
      return [`IIS ${method} ${stem} ${status}.${sub} ${win32} from ${asker}`, "IIS", moment(when), ""];
    }
    const given = Object.fromEntries(fields.map((name, i) => [name, values[i]]));
    const wanted = ["cs-method", "cs-uri-stem", "sc-status"];
    if (values.length !== fields.length || !wanted.every((key) => key in given)) return null;
    const status = ["sc-status", "sc-substatus"].filter((key) => key in given).map((key) => given[key]).join(".");
    const said = ["IIS", given["cs-method"], given["cs-uri-stem"], status, given["sc-win32-status"] ?? "",
      "c-ip" in given ? `from ${given["c-ip"]}` : ""].join(" ");
    return [said, "IIS", moment(`${given.date ?? ""} ${given.time ?? ""}`), ""];
  };

  // Turns the lines of one log, in order, into records, and gives each to *take* once the line after it is known.
  const reader = (take) => {
    let held = null;
    let fields = [];
    const end = () => {
      if (!held) return;
      const [said, component, [time, at], kind] = takenApart(held.parts.join("\n").slice(0, LONGEST * 2), fields);
      if (!["", "IIS"].includes(component)) fields = []; // another log begins here
      const shown = cleaned(said);
      const error = kind === "3" || ERROR.test(shown);
      const lines = held.parts.filter((it) => words(it).length).length;
      const { number } = held;
      held = null;
      take({ number, lines, text: shown, component: cleaned(component), time, at, error });
    };
    const one = (number, line) => {
      const more = held && ((held.open && !line.startsWith(START)) || CONTINUES.test(line));
      if (more && held.parts.length < MOST_LINES) {
        held.parts.push(line);
        held.open = held.open && !line.includes(END);
        return;
      }
      end();
      if (line.startsWith("#Fields:")) fields = words(line).slice(1);
      else if (words(line).length && !(fields.length && line.startsWith("#"))) {
        held = { number, parts: [line], open: line.includes(START) && !line.includes(END) };
      }
    };
    let number = 0;
    // Some of the lines of the log, whole ones.
    const read = (text) => text.replace(/\n$/, "").split("\n").forEach((line) => {
      number += 1;
      const [first, ...more] = line.slice(0, LONGEST_LINE).replace(/\r$/, "").split(START);
      if (words(first).length || !more.length) first.replace(ONE_MORE, "$1\n").split("\n").forEach((it) => one(number, it));
      for (const part of more) one(number, START + part);
    });
    return { read, end };
  };

  // The same, for a text that may have been posted: it is held until all of it is there, unless it is too long for that.
  const patient = (reader) => {
    let held = [];
    let size = 0;
    const give = (pieces) => {
      held = null;
      pieces.forEach(reader.read);
    };
    const read = (text) => {
      if (!held) return reader.read(text);
      size += sized(text);
      held.push(text);
      if (size > LONGEST_PASTED) give(held);
    };
    const end = () => {
      if (held?.length) give([mended(held.map((text) => text.replace(/\n$/, "")).join("\n"))]);
      reader.end();
    };
    return { read, end };
  };

  // A file's name without its ending and what a rolled one adds, in lower case.
  const stem = (name) => {
    const bare = unrolled(name);
    return bare.startsWith("cmg-") ? bare.slice(bare.lastIndexOf("-") + 1) : bare;
  };
  const unrolled = (name) => {
    const dot = name.lastIndexOf(".");
    return (dot > 0 ? name.slice(0, dot) : name).replace(ROLLED, "").toLowerCase();
  };
  const isRolled = (name) => name.toLowerCase().endsWith(".lo_") || ROLLED.test(name.slice(0, Math.max(0, name.lastIndexOf("."))));
  // Files in the order in which they are read: those of one log in order of time.
  const inOrder = (files) => files.map((file) => [file, [stem(file.name), unrolled(file.name), isRolled(file.name) ? 0 : 1, file.name]])
    .sort(([, one], [, other]) => {
      const at = one.findIndex((part, i) => part !== other[i]);
      return at < 0 ? 0 : one[at] < other[at] ? -1 : 1;
    }).map(([file]) => file);

  const portOf = (text) => /^[0-9]{1,5}$/.test(text ?? "") ? Number(text) : null;
  const hasAny = (texts, low) => texts.some((text) => low.includes(text));

  const prepared = (data) => data.prepared ??= data.looks.map((look, index) => ({
    ...look, index, pattern: new RegExp(look.line, "i"), second: look.near ? new RegExp(look.near, "i") : null,
  }));

  const narrowed = (data, flows, host, port) => {
    const channel = flows.filter((flow) => flow in data.ports);
    let kept = channel.filter((flow) => port === null || data.ports[flow].some(([low, high]) => low <= port && port <= high));
    if (host) {
      const own = data.hosts.find(([end]) => host.toLowerCase().endsWith(end))?.[1] ?? data.own;
      const here = kept.filter((flow) => own.includes(flow));
      kept = here.length ? here : kept;
    }
    return kept.length ? flows.filter((flow) => kept.includes(flow) || !channel.includes(flow)) : flows;
  };

  // Whether a port leads to no particular one of several instances.
  const alone = (data, port) => port === null ||
    Object.values(data.ports).flat().every(([low, high]) => port < low || port > high || low === high);

  // Takes the lines of one log after the other, and says what they show.
  const diagnoser = (data) => {
    const looks = prepared(data);
    const groups = new Map();
    const nears = new Set();
    const ties = new Map();
    const shown = [];
    const ends = new Map();
    const tried = new Map();
    const past = new Map();
    const works = new Map();
    let [source, name, log, reading, bare] = [0, "", "", null, null];
    let lines = 0;
    let unknown = 0;
    let errors = 0;

    const isUnknown = (count, error, line) => {
      unknown += count;
      errors += error ? 1 : 0;
      if (error && shown.length < SHOWN) shown.push(line);
    };
    const add = (found, record, line, host, port, id) => {
      if (groups.size >= APART) [host, port] = ["", null];
      const key = JSON.stringify([source, found.map((look) => look.index), host.toLowerCase(), port]);
      if (!groups.has(key)) {
        groups.set(key, { looks: found, source, host, port, error: record.error, first: record.time, count: 0, lines: 0, shown: [], ids: [] });
      }
      const group = groups.get(key);
      group.count += 1;
      group.lines += record.lines;
      group.last = record.time;
      if (group.shown.length < SHOWN) group.shown.push(line);
      if (id && !group.ids.includes(id)) group.ids = [...group.ids, id].slice(-NAMED);
    };
    // Whether an end is of that fault: of its host and port, of its connection, or of the only instance's port.
    const isEnded = (group, end) => {
      if (group.source !== end.source || !group.looks.some((it) => it.shows && end.look.ends.includes(it.shows))) return false;
      if (end.host) {
        const there = group.port === null || end.port === null || group.port === end.port;
        return ["", end.host].includes(group.host.toLowerCase()) && there;
      }
      const hosts = new Set([...groups.values()].filter((it) => it.source === end.source && it.host).map((it) => it.host.toLowerCase()));
      return end.id ? group.ids.includes(end.id) || (alone(data, group.port) && hosts.size <= 1) : alone(data, group.port);
    };
    const drop = (end, isOver) => {
      for (const [key, group] of [...groups]) {
        if (!isOver(group.last, end.time) || !isEnded(group, end)) continue;
        groups.delete(key);
        const over = JSON.stringify([group.source, group.looks.map((look) => look.index)]);
        if (!past.has(over)) past.set(over, { looks: group.looks, source: group.source, count: 0, at: group.shown[0].at });
        past.get(over).count += group.count;
      }
    };
    const endFaults = (end) => {
      drop(end, (last, time) => last === null || time === null || last <= time);
      const key = JSON.stringify([end.look.index, end.source, end.host, end.port, end.id, end.time]);
      if (!ends.has(key)) ends.set(key, end);
      if (ends.size > TIED) ends.delete(ends.keys().next().value);
    };

    // Keep in mind that a port was tried, and whether an error was seen there.
    const tryAt = (host, port, bad) => {
      const place = JSON.stringify([source, host, port]);
      const known = tried.get(place);
      if (known || tried.size < TIED) tried.set(place, { source, host, port, bad: bad || Boolean(known?.bad) });
    };

    const take = (record) => {
      lines += record.lines;
      const low = record.text.toLowerCase();
      const of = log || (record.component ? own(data.logs, record.component.toLowerCase()) ?? "none" : "");
      const found = [];
      const said = {};
      for (const look of looks) {
        if (look.second && hasAny(look.nearTexts, low) && look.second.test(record.text)) nears.add(`${source} ${look.near}`);
      }
      for (const look of looks) {
        if ((look.logs.length && of && !look.logs.includes(of)) || !hasAny(look.texts, low)) continue;
        const match = look.pattern.exec(record.text);
        if (!match) continue;
        found.push(look);
        for (const [key, value] of Object.entries(match.groups ?? {})) said[key] ||= value;
        if (!look.near) break;
      }
      const line = { log: name, number: record.number, at: record.at, text: record.text };
      const [host, port, id] = [said.host ?? "", portOf(said.port), (said.id ?? "").toLowerCase()];
      if (id && host) {
        ties.delete(id);
        ties.set(id, [host.toLowerCase(), port]);
        if (ties.size > TIED) ties.delete(ties.keys().next().value);
      }
      if (host && port) tryAt(host.toLowerCase(), port, found[0].shows !== "");
      if (!found.length) isUnknown(record.lines, record.error, line);
      else if (found[0].shows) add(found, record, line, host, port, id);
      else {
        const [at, on] = host ? [host.toLowerCase(), port] : ties.get(id) ?? ["", null];
        if (found[0].ends.length) {
          works.delete(found[0].recovery);
          works.set(found[0].recovery, record.at);
        }
        endFaults({ look: found[0], source, host: at, port: on, id, time: record.time });
      }
    };

    // Begin another log: its *name* for the reader, and which one it is in the facts, empty where that is not known.
    const begin = (called = "", of = "") => {
      reading?.end();
      const own = unrolled(called);
      if (!own || own !== bare) source += 1;
      [name, log, reading, bare] = [cleaned(called), of, patient(reader(take)), own];
    };
    const read = (text) => reading.read(text);
    // The first of the signs that a line matches that needs no other line, or has it.
    const counting = (of, looks) => looks.find((it) => !it.near || nears.has(`${of} ${it.near}`));
    const over = () => {
      const found = new Map();
      for (const { looks, source, count, at } of past.values()) {
        const cause = counting(source, looks)?.shows;
        if (!cause) continue;
        if (!found.has(cause)) found.set(cause, { cause, count: 0, at });
        found.get(cause).count += count;
      }
      return [...found.values()];
    };
    // Ports that were tried without an error, of hosts of which every error names its port.
    const quiet = (of) => {
      const is = (there) => (it) => it.source === there.source && it.host.toLowerCase() === there.host;
      const others = [...groups.values()].filter(({ port }) => port === null);
      const good = [...tried.values()].filter((it) => !it.bad && of.some(is(it)) && !others.some(is(it)));
      return [...new Set(good.map(({ port }) => port))].sort((a, b) => a - b);
    };
    const result = () => {
      reading?.end();
      reading = null;
      for (const end of ends.values()) drop(end, (last, time) => last !== null && time !== null && last < time);
      const byCause = new Map();
      const known = [];
      for (const group of groups.values()) {
        const look = counting(group.source, group.looks);
        if (look) known.push([look, group]);
        else isUnknown(group.lines, group.error, group.shown[0]);
      }
      known.sort(([, { first: one }], [, { first: other }]) => (one === null) - (other === null) || one - other);
      for (const [look, group] of known) {
        if (look.shows) byCause.set(look.shows, [...byCause.get(look.shows) ?? [], [look, group]]);
      }
      const merged = [...byCause].map(([cause, of]) => {
        const all = of.map(([, group]) => group);
        const hosts = new Map();
        for (const { host } of all) if (host && !hosts.has(host.toLowerCase())) hosts.set(host.toLowerCase(), host);
        const ends = all.map(({ last }) => last).filter((last) => last !== null);
        return {
          cause,
          flows: [...new Set(of.flatMap(([look, group]) => narrowed(data, look.flows, group.host, group.port)))].sort(),
          hosts: [...hosts.values()],
          ports: [...new Set(all.map(({ port }) => port).filter((port) => port !== null))].sort((a, b) => a - b),
          lines: all.flatMap((group) => group.shown).slice(0, SHOWN),
          count: all.reduce((sum, { count }) => sum + count, 0),
          time: all[0].first,
          quiet: quiet(all),
          old: false,
          last: ends.length ? ends.reduce((a, b) => Math.max(a, b)) : null,
        };
      });
      const working = [...works].map(([recovery, at]) => ({ recovery, at }));
      return { findings: aged(arranged(data, merged)), lines, unknown, errors, shown, past: over(), works: working };
    };
    return { begin, read, result };
  };

  // Each finding that follows from another one goes among the consequences of that one.
  const arranged = (data, findings) => {
    const under = new Map();
    const root = (cause) => under.has(cause) ? root(under.get(cause)) : cause;
    const before = (end, start) => end !== null && start !== null && end + SOON < start;
    for (const item of findings) {
      const causes = findings.filter((it) => (data.follows[item.cause] ?? []).includes(it.cause) && !before(item.last, it.time));
      const earlier = causes.filter((it) => it.time !== null && !before(item.time, it.time));
      const nearest = earlier.length ? earlier.reduce((one, it) => (it.time > one.time ? it : one)) : causes[0];
      if (nearest && root(nearest.cause) !== item.cause) under.set(item.cause, root(nearest.cause));
    }
    const isChannel = (flow) => flow in data.ports;
    return findings.filter(({ cause }) => !under.has(cause)).map((item) => {
      const consequences = findings.filter(({ cause }) => under.has(cause) && root(cause) === item.cause);
      const more = item.flows.some(isChannel) ? consequences.flatMap(({ flows }) => flows.filter(isChannel)) : [];
      return { ...item, flows: [...new Set([...item.flows, ...more])].sort(), consequences };
    });
  };

  // The same; those that were over more than a day before the others began are old.
  const aged = (findings) => {
    const bare = ({ last, order, ...item }) => ({ ...item, consequences: (item.consequences ?? []).map(bare) });
    const isOver = (item, begin) => [item, ...item.consequences].every(({ last }) => last !== null && last + LONG < begin);
    const isNew = ({ time }, i) => i && time !== null && findings.slice(0, i).every((it) => isOver(it, time));
    const at = findings.reduce((last, item, i) => (isNew(item, i) ? i : last), 0);
    return findings.map((item, i) => bare({ ...item, old: i < at }));
  };

  // The log in the facts to which a file of that name belongs; empty where it is not known.
  const logOf = (data, name) => own(data.logs, stem(name)) ?? "";

  globalThis.cmgDiagnose = { diagnoser, inOrder, logOf, reader };
})();
