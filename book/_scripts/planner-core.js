/*
 * The planner without its page: from answers and names to rules and exports. No port, protocol or rule is written here.
 * Everything comes from the document that cmgdocs.planner makes; this filters it and puts the reader's names in.
 * A test runs this file against the library, byte for byte.
 */
(() => {
  "use strict";

  const OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
  const ADDRESS = new RegExp(`^${OCTET}\\.${OCTET}\\.${OCTET}\\.${OCTET}$`);
  const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;
  const LONGEST = 253;
  const MOST_HOSTS = 20;

  const number = (address) => address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);

  // Kinds of hosts: "name", "address", "network"; "" for what the planner does not take.
  const kindOf = (text) => {
    if (ADDRESS.test(text)) {
      const [first, second] = text.split(".").map(Number);
      const nobody = text === "0.0.0.0" || text === "255.255.255.255";
      const special = first === 127 || (first >= 224 && first <= 239) || (first === 169 && second === 254);
      return nobody || special ? "" : "address";
    }
    const [address, bits, ...more] = text.split("/");
    if (bits !== undefined) {
      const good = !more.length && ADDRESS.test(address) && /^([1-9]|[12][0-9]|3[0-2])$/.test(bits);
      return good && number(address) % 2 ** (32 - Number(bits)) === 0 ? "network" : "";
    }
    const labels = text.split(".");
    const last = labels[labels.length - 1];
    const bad = !labels.every((label) => LABEL.test(label)) || /^([0-9]+|0x[0-9a-f]*)$/.test(last);
    return bad || text.length > LONGEST || text === "any" || text === "localhost" ? "" : "name";
  };

  const listOf = (text) => text.toLowerCase().split(/[,;]/).map((host) => host.trim()).filter(Boolean);

  // Hosts as people write them, lower case, each once; null where they are not taken.
  const hostsOf = (text) => {
    const hosts = listOf(text);
    const kinds = new Set(hosts.map(kindOf));
    const many = hosts.length > 1 && kinds.has("network");
    const twice = new Set(hosts).size < hosts.length;
    return kinds.has("") || kinds.size > 1 || many || twice || hosts.length > MOST_HOSTS ? null : hosts;
  };

  // Why hosts are not taken, and what would be.
  const ALLOWED = "Use DNS names, or IPv4 addresses, or one IPv4 network such as 10.0.5.0/24; commas between several.";
  const whyNot = (data, text) => {
    const hosts = listOf(text);
    const bad = hosts.find((host) => !kindOf(host));
    const twice = hosts.find((host, i) => hosts.indexOf(host) < i);
    const why = bad === undefined ? (twice ? "entered twice" : "") : hintOf(data, bad);
    const found = bad ?? twice;
    return why ? `${found.length > 60 ? `${found.slice(0, 57)}...` : found}: ${why}.` : ALLOWED;
  };
  const hintOf = (data, host) => {
    if (host.length > LONGEST) return `has ${host.length} characters; allowed are ${LONGEST}`;
    const known = data.hints.find(([pattern]) => new RegExp(pattern, "i").test(host));
    if (known) return known[1];
    if (host.includes(":")) return "IPv6 is not taken here; the command takes it";
    const [address, bits] = host.split("/");
    if (ADDRESS.test(address) && /^([1-9]|[12][0-9]|3[0-2])$/.test(bits ?? "")) {
      const first = number(address) - (number(address) % 2 ** (32 - Number(bits)));
      const octets = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
      return `write the network ${octets.join(".")}/${bits} or the address ${address}`;
    }
    if (bits !== undefined && !ADDRESS.test(address)) return "leave out the path";
    return host.endsWith(".") ? "take off the dot at the end" : "";
  };

  const within = (spans, place) => {
    for (let i = 0; i < spans.length; i += 2) if (spans[i] <= place && place <= spans[i + 1]) return true;
    return false;
  };
  const holds = (whens, answers) =>
    whens.some((when) => Object.entries(when).every(([asks, spans]) => within(spans, answers[asks])));

  const fill = (format, values) => format.replace(/\{(\w+)\}/g, (_, key) => values[key]);
  const put = (format, ...values) => format.replace(/\{\}/g, () => values.shift());
  // The parts of a name of Azure's such as <prefix>.cloudapp.net; nothing where it is no such name.
  const partsOf = (form, name) =>
    new RegExp(`^${form.replace(/\./g, "\\.").replace(/<(\w+)>/g, "(?<$1>[a-z0-9-]+)")}$`).exec(name)?.groups;

  // --- from what the page holds to answers and hosts ----------------------------------------

  // given: {chosen: {key: [places of options]}, hosts: {role: text}, prefix, service, region, proxy}
  // errors say where: the key of a field, or of a name that is written, such as n.proxy.
  const read = (data, given) => {
    const errors = [];
    const wrong = (where, what) => errors.push({ where, what });
    const misnamed = (place, what) => wrong(`n.${place}`, what);
    const answers = {};
    const values = {};
    data.fields.forEach((field) => {
      const chosen = given.chosen[field.key] ?? field.options.flatMap((o, i) => (o.chosen ? [i] : []));
      field.options.forEach((option, place) => {
        if (chosen.includes(place)) answers[option.asks] = option.is;
        else if (option.not !== null) answers[option.asks] = option.not;
      });
      if (chosen.length < field.least) wrong(field.key, "Choose at least one.");
      values[field.key] = chosen.map((place) => field.options[place].toml);
    });
    const behindProxy = values.proxy.length > 0;

    const typed = (place, fallback) => (given[place] ?? "").trim().toLowerCase() || fallback;
    const azure = typed("prefix", data.gateway.prefix);
    const [prefix, ...domain] = azure.split(".");
    const usual = data.gateway.names.find(([, when]) => holds([when], answers))?.[0] ?? "";
    const parts = { prefix, region: typed("region", data.gateway.region).replace(/\s/g, ""), ...partsOf(usual, azure) };
    const { region } = parts;
    const isAzure = (name) => data.gateway.names.some(([form]) => partsOf(form, name));
    const unsure = data.gateway.unsure.filter((item) => holds(item.when, answers));
    // A whole deployment name, where it is in doubt which one Azure gives.
    const looked = domain.length > 0 && unsure.length > 0 && kindOf(azure) === "name" && !isAzure(azure) ? azure : "";
    if (domain.length && !looked && !partsOf(usual, azure))
      misnamed("prefix", `The deployment name of such a gateway is ${usual}; a name in your own domain goes below.`);
    else if (!new RegExp(data.gateway.prefixes).test(prefix))
      misnamed("prefix", "Use 3 to 24 letters and digits, a letter first; for a name with hyphens use the command.");
    if (!new RegExp(data.gateway.regions).test(region)) misnamed("region", "Use letters and digits, such as West Europe.");
    const proxy = typed("proxy", data.proxy.example);
    const [proxyHost, proxyPort, ...rest] = proxy.split(":");
    const port = /^[1-9][0-9]{0,4}$/.test(proxyPort ?? "") && Number(proxyPort) <= 65535;
    if (behindProxy && (rest.length || !port || !["name", "address"].includes(kindOf(proxyHost))))
      misnamed("proxy", "Write the host and the port, such as proxy.corp.example:8080.");

    const own = (name) => name.replace(/<(prefix|region)>/g, (_, part) => parts[part]);
    const service = typed("service", "");
    const gateway = [...new Set([looked || own(usual), ...(service ? [service] : [])])];
    const hosts = { [data.gateway.role]: gateway };
    const ours = new Set(data.names.flatMap(([, names]) => names));
    [...data.servers, ...data.clouds].forEach(({ role, example }) => {
      const text = (given.hosts?.[role] ?? "").trim() || (given.hosts?.[leader(data, role)] ?? "").trim();
      const found = text ? hostsOf(text) : example ? [example] : [];
      if (found === null) misnamed(role, whyNot(data, text));
      else if (found.some((host) => ours.has(host) || isAzure(host))) misnamed(role, "That is a name of Microsoft's; name your own host.");
      else if (behindProxy && found.includes(proxyHost)) misnamed(role, "That is the web proxy; for such a site use the command.");
      else if (found.length) hosts[role] = found;
    });
    const addressed = hosts[data.gateway.role] !== gateway;
    if (service) {
      const taken = [...data.servers.flatMap(({ role }) => hosts[role] ?? []), ...(behindProxy ? [proxyHost] : [])];
      if (kindOf(service) !== "name") misnamed("service", kindOf(service) ? "Write a DNS name." : whyNot(data, service));
      else if (isAzure(service)) misnamed("service", "That is a deployment name; enter it as the name of the gateway in Azure.");
      else if (ours.has(service)) misnamed("service", "That is a name of Microsoft's; name your own.");
      else if (taken.includes(service)) misnamed("service", "That is a server of yours; the service name leads to Azure.");
      else if (addressed) misnamed("service", "Rules to an address have no name: empty this field, or the address of the gateway.");
    }
    data.clouds.forEach(({ role }) => {
      if (!hosts[role] || hosts[role] === gateway) return;
      if (behindProxy) misnamed(role, "Behind a web proxy the planner takes no addresses here; use the command.");
      else if (kindOf(hosts[role][0]) === "name") misnamed(role, "Write addresses or a network here; the names are known.");
    });

    data.pairs.forEach((pair) => {
      const [one, other] = [hosts[pair.one], hosts[pair.other]];
      if (!one || !other) return;
      const shared = one.filter((host) => other.includes(host)).length;
      const equal = shared === one.length && shared === other.length;
      const single = one.length === 1 && kindOf(one[0]) !== "network";
      if (shared && !equal && (one.length === 1 || other.length === 1))
        misnamed(pair.other, `${one[0]} also bears ${data.roles[pair.one]} alone; for such a site use the command.`);
      answers[pair.asks] = (pair.sets ? equal : equal && single) ? 1 : 0;
    });

    const named = looked && !addressed;
    return { answers, values, hosts, own, addressed, named, unsure: named || addressed ? [] : unsure, proxy, proxyHost, proxyPort, behindProxy, errors };
  };

  // --- the plan -------------------------------------------------------------------------------

  const byOrder = (a, b) => a.order[0] - b.order[0] || a.order[1] - b.order[1] || a.order[2] - b.order[2];

  const plan = (data, given) => {
    const found = read(data, given);
    const { answers, hosts, own, errors } = found;
    const named = ({ key, what, also }) => ({ where: key, also, what: what.replace("<configmgr>", versionOf(data, found)) });
    errors.push(...data.faults.filter((item) => holds(item.when, answers)).map(named));
    const names = new Map(data.names.filter(([, , whens]) => holds(whens, answers)).map(([flow, of]) => [flow, of]));
    const port = found.proxyPort;

    const hostsAt = (rule, end) => {
      const role = rule.ends[end];
      if (role === data.proxy.role) return [found.proxyHost];
      if (hosts[role]) return hosts[role];
      return end === 1 ? (names.get(rule.flows[0]) ?? []).map(own) : [];
    };
    const rules = data.rules
      .filter((rule) => holds(rule.when, answers))
      .sort(byOrder)
      .map((rule) => {
        const toProxy = rule.ends[1] === data.proxy.role;
        const [blocked, oneBlocked] = rule.effects.find(([, , when]) => holds(when, answers));
        return {
          ...rule,
          blocked,
          oneBlocked,
          ports: toProxy ? [[Number(port), Number(port)]] : rule.ports,
          service: toProxy ? `${rule.transport} ${port}` : rule.service,
          source: hostsAt(rule, 0),
          destination: hostsAt(rule, 1),
        };
      });
    const parted = data.clouds.filter(
      ({ role }) => !hosts[role] && [...names].some(([flow, of]) => of[0]?.includes("<") && leads(data, flow) === role)
    );
    // Azure's other names follow from the usual one of the gateway; where it has another, each is written.
    if (found.named)
      parted.forEach(({ role }) => {
        const flows = [...names].filter(([flow]) => leads(data, flow) === role);
        hosts[role] = [...new Set(flows.flatMap(([, of]) => of.map(own)))];
      });
    else if (found.addressed && !found.behindProxy && parted.length)
      errors.push({
        where: `n.${data.gateway.role}`,
        what: `With an address of the gateway, give addresses of these too: ${parted.map((item) => item.name).join(", ")}.`,
      });
    const elsewhere = data.elsewhere.filter((item) => holds(item.when, answers));
    const doubts = [...found.unsure, ...data.doubts.filter((item) => holds(item.when, answers))];
    return { ...found, rules: errors.length ? [] : rules, elsewhere, doubts };
  };

  const leads = (data, flow) => data.rules.find((rule) => rule.flows[0] === flow)?.ends[1];
  const versionOf = (data, found) => JSON.parse(found.values.configmgr[0]);

  // --- exports --------------------------------------------------------------------------------

  const grouped = (rules) => {
    const groups = new Map();
    rules.forEach((rule) => {
      const key = rule.zones.join(">");
      groups.set(key, [...(groups.get(key) ?? []), rule]);
    });
    return [...groups.values()];
  };

  const cells = (data, rule) => ({
    "from-zone": data.zones[rule.zones[0]],
    "to-zone": data.zones[rule.zones[1]],
    rule: rule.label,
    sites: data.site,
    source: data.roles[rule.ends[0]],
    "source-hosts": rule.source.join(", ") || data.request.unknown,
    destination: data.roles[rule.ends[1]],
    "destination-hosts": rule.destination.join(", ") || data.request.unknown,
    service: rule.service + (rule.inferred ? " (inferred)" : ""),
    protocol: rule.protocol,
    direction: rule.direction,
    reason: rule.reason,
    flow: rule.flows.join(", "),
  });

  const flat = (data, made) => grouped(made.rules).flat();

  const csv = (data, made) => {
    const cell = (text) => (/[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text);
    const lines = flat(data, made).map((rule) => Object.values(cells(data, rule)));
    return [data.request.flat, ...lines].map((line) => `${line.map(cell).join(",")}\n`).join("");
  };

  const tsv = (data, made) => {
    const lines = flat(data, made).map((rule) => Object.values(cells(data, rule)));
    return [data.request.flat, ...lines].map((line) => `${line.join("\t")}\n`).join("");
  };

  const json = (data, made) => {
    const rows = flat(data, made).map((rule, i) => ({ id: `${rule.id}-${i + 1}`, ...cells(data, rule) }));
    const warnings = warningsOf(data, made);
    return `${JSON.stringify({ table: "request", caption: data.request.title, notes: notes(data, made), warnings, rows }, null, 2)}\n`;
  };

  const plain = (text) => text.replace(/([\\`*_{}[\]<>|~#])/g, "\\$1");

  const planned = (data, made) => {
    const option = (key) => JSON.parse(made.values[key][0]);
    const text = fill(data.request.planned, {
      configmgr: option("configmgr"),
      cloud: option("cloud"),
      method: data.request.methods[option("method")],
      instances: data.request.instances[option("instances") - 1],
      content: made.values.content.length ? "with" : "without",
      proxy: made.behindProxy ? "behind" : "without",
    });
    return `${text}.`;
  };
  const warningsOf = (data, made) => made.doubts.map(({ line }) => `${data.site}.toml: ${line}`);

  const notes = (data, made) => {
    const { request } = data;
    const always = made.elsewhere.flatMap((item) => item.names ?? []);
    return [
      planned(data, made),
      ...request.notes,
      ...(made.rules.some((rule) => rule.ends[1] === data.gateway.role) ? [request.channel] : []),
      ...(made.rules.some((rule) => rule.inferred) ? [request.inferred] : []),
      ...(always.length ? [put(request.always, always.join(", "))] : []),
      ...made.elsewhere.filter((item) => item.note).map((item) => item.note),
      request.last,
    ];
  };

  const markdown = (data, made) => {
    const { request } = data;
    const code = (hosts) => hosts.map((host) => `\`${host}\``).join(", ") || request.unknown;
    const groups = grouped(made.rules);
    const row = (texts) => `| ${texts.join(" | ")} |\n`;
    const head = row(request.columns.map(([, title]) => plain(title))) + row(request.columns.map(() => "---"));
    const line = (rule) => {
      const texts = cells(data, rule);
      const special = {
        "source-hosts": code(rule.source),
        "destination-hosts": code(rule.destination),
        service: plain(rule.service) + (rule.inferred ? " *(inferred)*" : ""),
      };
      return row(request.columns.map(([key]) => special[key] ?? plain(texts[key])));
    };
    const tables = groups.map((rules) => {
      const [from, to] = rules[0].zones;
      const names = [data.zones[from], data.zones[to]];
      const caption = from === to ? put(request.within, names[0]) : put(request.across, ...names);
      return `## ${plain(caption)}\n\n${head}${rules.map(line).join("")}\n`;
    });
    const lead = [put(request.lead, request.rules[made.rules.length], request.pairs[groups.length]), ...notes(data, made)];
    const warned = warningsOf(data, made).map((line) => `- ${plain(line)}\n`).join("");
    const warnings = warned && `## Warnings\n\n${warned}\n`;
    const text = `# ${plain(request.title)}\n\n${lead.map((each) => `${plain(each)}\n\n`).join("")}${warnings}${tables.join("")}`;
    return `${text.replace(/\n+$/, "")}\n`;
  };

  const setup = (data, made) => {
    const option = (key) => JSON.parse(made.values[key][0]);
    return fill(data.frames.setup, {
      method: option("method"),
      instances: data.counts[option("instances") - 1],
      configmgr: option("configmgr"),
      cloud: option("cloud"),
    });
  };

  // Roles with one example are on one server: what is entered for the first of them is that of the others, too.
  const leader = (data, role) => {
    const example = data.servers.find((server) => server.role === role)?.example;
    return data.servers.find((server) => server.example === example)?.role ?? role;
  };

  const known = (hosts) => hosts.length > 0 && hosts.every((host) => kindOf(host) !== "name");

  // Which ends of these rules have no address, by the names of their roles.
  const nameless = (data, rules) => {
    const ends = rules.flatMap((rule) => [0, 1].filter((end) => !known(end ? rule.destination : rule.source)).map((end) => rule.ends[end]));
    return [...new Set(ends)].map((role) => data.roles[role]);
  };

  const refusal = (what, missing) =>
    `${what} takes addresses and networks only. Under Your names and addresses, enter addresses for: ${missing.join(", ")}.`;

  const nftables = (data, made) => {
    const { top, middle, bottom, accept } = data.frames.nftables;
    const missing = nameless(data, made.rules);
    if (missing.length) return { refused: refusal("nft", missing) };
    const set = (items) => (items.length === 1 ? items[0] : `{ ${items.join(", ")} }`);
    const lines = made.rules.map((rule) =>
      fill(accept, {
        source: set(rule.source),
        destination: set(rule.destination),
        transport: rule.transport.toLowerCase(),
        ports: set(rule.ports.map(([low, high]) => (low === high ? `${low}` : `${low}-${high}`))),
        comment: rule.short ?? rule.about,
      })
    );
    const left = made.elsewhere.map((item) => `# ${item.head}\n`);
    return { text: top.replace(data.frames.mark, setup(data, made)) + left.join("") + middle + lines.map((line) => `\t\t${line}\n`).join("") + bottom };
  };

  const windows = (data, made) => {
    const frame = data.frames.windows;
    const inside = (role) => data.inside.includes(role);
    const isLeft = (rule) => !inside(rule.ends[1]) && !known(rule.destination);
    const kept = made.rules.filter((rule) => !isLeft(rule));
    const missing = nameless(data, kept);
    if (missing.length) return { refused: refusal("Windows Firewall", missing) };
    const list = (items) => items.map((item) => `'${item}'`).join(",");
    const command = (rule, inward) =>
      fill(frame.command, {
        group: frame.group,
        name: frame.group.replace(/ /g, "-"),
        id: rule.id,
        way: inward ? "in" : "out",
        comment: rule.about,
        direction: inward ? "Inbound" : "Outbound",
        transport: rule.transport,
        side: inward ? "Local" : "Remote",
        ports: list(rule.ports.map(([low, high]) => (low === high ? `${low}` : `${low}-${high}`))),
        hosts: list(inward ? rule.source : rule.destination),
      });
    const ends = new Map();
    kept.forEach((rule) =>
      [0, 1].forEach((end) => {
        const role = rule.ends[end];
        if (inside(role) && role !== data.proxy.role && !ends.has(role)) ends.set(role, end ? rule.destination : rule.source);
      })
    );
    const blocks = [...ends].map(([role, hosts]) => {
      const inward = kept.filter((rule) => rule.ends[1] === role).map((rule) => command(rule, true));
      const outward = kept.filter((rule) => rule.ends[0] === role).map((rule) => command(rule, false));
      return ["", put(frame.on, data.roles[role], hosts.join(", ")), ...inward, ...(outward.length ? [frame.outward, ...outward] : [])];
    });
    const flows = made.rules.filter(isLeft).flatMap((rule) => rule.flows);
    const left = [...new Set(flows)].sort().map((flow) => put(data.frames.noRule, flow, frame.left));
    const loose = made.elsewhere.filter((item) => item.names).map((item) => item.head);
    const head = [...made.elsewhere.filter((item) => item.note).map((item) => item.head), ...left, ...loose];
    const text = frame.top.replace(data.frames.mark, setup(data, made)) + head.map((line) => `# ${line}\n`).join("") + frame.middle;
    return { text: text + blocks.flat().map((line) => `${line}\n`).join("") };
  };

  const toml = (data, made) => {
    const value = (key) => {
      const field = data.fields.find((item) => item.key === key);
      if (key === "proxy") return made.behindProxy ? JSON.stringify(made.proxy) : null;
      return field.list ? `[${made.values[key].join(", ")}]` : made.values[key][0] ?? field.otherwise;
    };
    const lines = data.toml.keys.map((key) => [key, value(key)]).filter(([, text]) => text !== null);
    const named = Object.entries(made.hosts).map(([role, of]) => [role, of.length === 1 ? JSON.stringify(of[0]) : `[${of.map((host) => JSON.stringify(host)).join(", ")}]`]);
    const text = (entries) => entries.map(([key, of]) => `${key} = ${of}\n`).join("");
    const doubts = made.doubts.map(({ line }) => `${put(data.toml.doubt, line)}\n`).join("");
    return `${data.toml.head}\n${doubts}\n${text(lines)}\n[hosts]\n${text(named)}`;
  };

  // --- comparison -----------------------------------------------------------------------------

  // What one plan lets through between two hosts and another does not: a list of rules with the ports that differ.
  const minus = (made, other) => {
    const open = new Map();
    const pairs = (rule) => {
      const one = rule.source.length ? rule.source : [rule.ends[0]];
      const two = rule.destination.length ? rule.destination : [rule.ends[1]];
      return one.flatMap((source) => two.map((destination) => [source, destination, rule.transport].join(" ")));
    };
    other.rules.forEach((rule) => pairs(rule).forEach((pair) => open.set(pair, [...(open.get(pair) ?? []), ...rule.ports])));
    const without = (spans, taken) =>
      taken.reduce(
        (left, [from, to]) =>
          left.flatMap(([low, high]) =>
            to < low || from > high
              ? [[low, high]]
              : [[low, from - 1], [to + 1, high]].filter(([start, end]) => start <= end)
          ),
        spans
      );
    return made.rules.flatMap((rule) => {
      const by = new Map();
      pairs(rule).forEach((pair) => {
        const ports = without(rule.ports, open.get(pair) ?? []).sort((a, b) => a[0] - b[0]);
        if (ports.length) by.set(JSON.stringify(ports), [...(by.get(JSON.stringify(ports)) ?? []), pair]);
      });
      return [...by].map(([ports, of]) => ({ rule, ports: JSON.parse(ports), pairs: of }));
    });
  };

  const api = { plan, hostsOf, kindOf, holds, grouped, cells, notes, planned, csv, tsv, json, markdown, nftables, windows, toml, minus, known, leader };
  globalThis.cmgPlanner = api;
})();
