/*
 * The planner's page: a form made from the document, and what follows from its answers. It shows what planner-core.js
 * gives, as text and never as markup, keeps the answers in the address, and holds no rule.
 */
(() => {
  "use strict";

  const data = globalThis.CMG_PLANNER;
  const core = globalThis.cmgPlanner;
  const h = globalThis.cmgElement;
  const [MOST_HOSTS, FEW_HOSTS] = [4, 2];
  const SVG = "http://www.w3.org/2000/svg";
  const LONGEST_TEXT = 2000; // of a name from the address
  const STORE = "cmg-planner";
  const [MOST_SHOWN, LONGEST_SHOWN] = [5, 60]; // parts of an address that are not understood, and characters of each
  const ROLES = { TABLE: "table", THEAD: "rowgroup", TBODY: "rowgroup", TR: "row", TH: "columnheader", TD: "cell" };
  const SIGNS = { works: "✓", degraded: "△", fails: "✕", undecided: "?" };
  const FORMATS = [
    ["csv", "Change request (CSV)", "csv"],
    ["tsv", "Table for Excel (tab-separated)", "tsv"],
    ["markdown", "Change request (Markdown)", "md"],
    ["json", "JSON", "json"],
    ["nftables", "Linux: nftables", "nft"],
    ["windows", "Windows Firewall (PowerShell; not run on Windows)", "ps1"],
    ["toml", "Site file for the command (TOML)", "toml"],
  ];
  const NARROW = matchMedia("(max-width: 599px)"); // as in planner.css
  const VIEWS = [
    ["rules", "Rules"],
    ["servers", "By server"],
    ["names", "Names to allow"],
    ["picture", "Picture"],
    ["blocked", "If a port is blocked"],
    ["compare", "Compare"],
    ["export", "Export"],
  ];

  const s = (tag, attributes, ...children) => {
    const made = document.createElementNS(SVG, tag);
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    made.append(...children);
    return made;
  };

  const start = (box) => {
    const root = document.documentElement.dataset.content_root ?? "";
    let kept = null; // a plan to compare with
    let made;
    let view = "rules";
    const whole = box.dataset.cmgPlanner === "whole"; // a page of its own, where no list is folded
    let port = "";
    let format = "csv";
    let withNames = false;

    // --- the form -----------------------------------------------------------------------------

    const choice = (field) => {
      const id = `cmg-${field.key}`;
      if (!field.many) {
        const options = field.options.map((option, i) => h("option", { value: i, selected: option.chosen }, option.label));
        return h("p", {}, h("label", { for: id }, field.label), h("select", { id, name: field.key, "aria-describedby": faultId(field.key) }, options), fault(field.key));
      }
      const boxes = field.options.map((option, i) =>
        h("label", {}, h("input", { type: "checkbox", name: field.key, value: i, checked: option.chosen }), ` ${option.label}`)
      );
      if (boxes.length === 1) return h("p", { class: "cmg-check" }, boxes[0], fault(field.key));
      return h("fieldset", { "aria-describedby": faultId(field.key) }, h("legend", {}, field.label), boxes, fault(field.key));
    };
    // What is chosen from a list, then what is ticked, so that fields of one height are next to one another.
    const choices = (first) => [false, true].map((ticked) => h("div", { class: "cmg-fields" }, data.fields.filter((field) => field.first === first && (field.options.length === 1) === ticked).map(choice)));
    const faultId = (where) => `cmg-fault-${where}`;
    const fault = (where) => h("span", { class: "cmg-fault", id: faultId(where), "data-fault": where });
    const host = (name, label, example) => {
      const id = `cmg-host-${name}`;
      const input = h("input", {
        id, name: `n.${name}`, type: "text", placeholder: example, spellcheck: "false", autocapitalize: "off",
        autocomplete: "off", "aria-describedby": faultId(`n.${name}`),
      });
      return h("p", {}, h("label", { for: id }, label), input, fault(`n.${name}`));
    };

    const form = h(
      "form",
      { class: "cmg-form", "aria-label": "Your gateway", autocomplete: "off", onsubmit: (event) => event.preventDefault() },
      choices(true),
      h(
        "details",
        {},
        h("summary", {}, "More answers: version, management point, update point, sign-in, uses"),
        choices(false)
      ),
      h(
        "details",
        {},
        h("summary", {}, "Your names and addresses, in place of the examples"),
        h("p", {}, "Nothing that you enter leaves this page, and it is kept until you close this tab. Separate several hosts with commas. If a server has several roles, enter it in the field of each."),
        h(
          "div",
          { class: "cmg-fields" },
          host("prefix", "Name of the gateway in Azure, or its whole deployment name", data.gateway.prefix),
          host("service", "Service name, if your certificate has your own domain", ""),
          host("region", "Azure region (scale set)", data.gateway.region),
          host("proxy", "Web proxy, host:port", data.proxy.example),
          data.servers.map((server) => host(server.role, server.name, server.example))
        ),
        h("p", {}, "Only for firewalls that take no names: addresses of Azure and Microsoft."),
        h("div", { class: "cmg-fields" }, data.clouds.map((cloud) => host(cloud.role, cloud.name, "")))
      ),
      h("p", { class: "cmg-buttons" }, h("button", { type: "button", onclick: () => reset() }, "Start again"), h("button", { type: "button", hidden: true, class: "cmg-undo" }, "Put my answers back")),
      h("p", { class: "cmg-now" }, h("span", {}), h("button", { type: "button", onclick: () => { verdict.scrollIntoView(); verdict.focus({ preventScroll: true }); } }, "See the result"))
    );
    const verdict = h("div", { class: "cmg-verdict", tabindex: "-1" });
    const status = h("p", { class: "cmg-status", role: "status", "aria-live": "polite" });
    const remarks = h("div", { class: "cmg-remarks" });
    const answers = h("p", { class: "cmg-answers", hidden: true }); // shown on paper, in place of the form
    const undo = form.querySelector(".cmg-undo");
    const links = document.querySelectorAll('a[href$="planner.html"]'); // of the front page to the planner's own
    const tabs = h("div", { class: "cmg-views", role: "tablist", "aria-label": "What the plan says" });
    const panels = h("div", { class: "cmg-panels" });
    VIEWS.forEach(([name, label]) => {
      const tab = h("button", { type: "button", role: "tab", id: `cmg-tab-${name}`, "aria-controls": `cmg-view-${name}`, onclick: () => show(name) }, label);
      tabs.append(tab);
      panels.append(h("div", { role: "tabpanel", id: `cmg-view-${name}`, "aria-labelledby": `cmg-tab-${name}`, tabindex: "0" }));
    });
    tabs.addEventListener("keydown", (event) => {
      const at = VIEWS.findIndex(([name]) => name === view);
      const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
      if (next === undefined) return;
      show(VIEWS[(next + VIEWS.length) % VIEWS.length][0]);
      document.getElementById(`cmg-tab-${view}`).focus();
      event.preventDefault();
    });
    const panel = (name) => box.querySelector(`#cmg-view-${name}`);

    const given = () => {
      const chosen = {};
      const hosts = {};
      data.fields.forEach(({ key, many }) => {
        const inputs = [...form.querySelectorAll(`[name="${key}"]`)];
        chosen[key] = many ? inputs.filter((input) => input.checked).map((input) => Number(input.value)) : [Number(inputs[0].value)];
      });
      const text = (name) => form.elements[`n.${name}`].value;
      [...data.servers, ...data.clouds].forEach(({ role }) => (hosts[role] = text(role)));
      return { chosen, hosts, prefix: text("prefix"), service: text("service"), region: text("region"), proxy: text("proxy") };
    };

    // --- the address holds the answers; names only where the reader asks -----------------------

    const NAMES = ["prefix", "service", "region", "proxy", ...[...data.servers, ...data.clouds].map(({ role }) => role)];
    const word = (option, { length }) => (length === 1 ? "true" : String(JSON.parse(option.toml)));
    const hash = (names) => {
      const query = new URLSearchParams();
      const now = given();
      data.fields.forEach(({ key, options }) => {
        const usual = options.flatMap((option, i) => (option.chosen ? [i] : []));
        if (String(now.chosen[key]) !== String(usual)) query.set(key, now.chosen[key].map((i) => word(options[i], options)).join(","));
      });
      if (names) NAMES.forEach((name) => form.elements[`n.${name}`].value && query.set(`n.${name}`, form.elements[`n.${name}`].value));
      return query.toString();
    };
    let ignored = [];
    const understood = ([key, value]) => {
      const field = data.fields.find((item) => item.key === key);
      if (!field) return NAMES.some((name) => key === `n.${name}`);
      const words = field.options.map((option) => word(option, field.options));
      return (field.many ? value.split(",").filter(Boolean) : [value]).every((part) => words.includes(part));
    };
    const readHash = () => {
      const text = location.hash.slice(1);
      if (text && !text.includes("=")) return false; // an anchor of the page
      const query = new URLSearchParams(text);
      ignored = [...query].filter((part) => !understood(part)).map((part) => part.join("=").slice(0, LONGEST_SHOWN));
      answer(query);
      return true;
    };
    const answer = (query) => {
      data.fields.forEach(({ key, options, many }) => {
        const words = query.has(key) ? query.get(key).split(",") : options.filter((option) => option.chosen).map((option) => word(option, options));
        const places = options.flatMap((option, i) => (words.includes(word(option, options)) ? [i] : []));
        if (many) form.querySelectorAll(`[name="${key}"]`).forEach((input) => (input.checked = places.includes(Number(input.value))));
        else form.elements[key].value = places[0] ?? options.findIndex((option) => option.chosen);
      });
      NAMES.filter((name) => query.has(`n.${name}`)).forEach((name) => (form.elements[`n.${name}`].value = query.get(`n.${name}`).slice(0, LONGEST_TEXT)));
    };
    const reset = () => {
      const before = new URLSearchParams(hash(true));
      form.reset();
      update();
      undo.hidden = false;
      undo.onclick = () => {
        answer(before);
        update();
        undo.previousElementSibling.focus();
        undo.hidden = true;
      };
    };

    // Names and the view stay with the tab: in its storage, or where a browser denies that in its history.
    const remember = (...url) => {
      const names = Object.fromEntries(NAMES.map((name) => [name, form.elements[`n.${name}`].value]));
      const text = JSON.stringify({ view, names });
      [() => history.replaceState(text, "", ...url), () => sessionStorage.setItem(STORE, text)].forEach((act) => {
        try {
          act();
        } catch {
          // Some viewers of local files refuse; the plan is shown all the same.
        }
      });
    };
    const recall = () => {
      let found = history.state;
      try {
        found = sessionStorage.getItem(STORE) ?? found;
      } catch {
        // The history has it, or nothing has.
      }
      try {
        const { view: name, names } = JSON.parse(found) ?? {};
        if (VIEWS.some(([each]) => each === name)) view = name;
        NAMES.forEach((each) => (form.elements[`n.${each}`].value = (names?.[each] ?? "").slice(0, LONGEST_TEXT)));
      } catch {
        // Something else wrote there.
      }
    };

    // A field by its place in a fault, and a button that leads to it.
    const fieldAt = (where) => form.querySelector(`[name="${where}"]`);
    const labelAt = (where) => data.fields.find(({ key }) => key === where)?.label ?? fieldAt(where).labels[0].textContent;
    const unfold = (where) => fieldAt(where).closest("details")?.setAttribute("open", "");
    const leading = (where) => button(labelAt(where), () => { unfold(where); fieldAt(where).focus(); });
    const faulty = () => [...new Set(made.errors.flatMap(({ where, also }) => (also ? [where, also] : [where])))];
    const faultText = ({ where, what }) => `${labelAt(where)}: ${what.replace(/\.$/, "")}. `;
    const firstOfEach = (errors) => errors.filter(({ what }, i) => errors.findIndex((other) => other.what === what) === i);

    // --- views ----------------------------------------------------------------------------------

    const link = (flow) => (data.flows[flow] ? h("a", { href: root + data.flows[flow] }, flow) : flow);
    const listed = (items, between = ", ") => items.flatMap((item, i) => (i ? [between, item] : [item]));
    const badge = (rule) => (rule.inferred ? h("span", { class: "inferred", title: "No source prints this port or connection." }, "inferred") : null);
    const unbroken = (text) => h("span", { class: "cmg-whole" }, text);
    // Ports break after a comma and names after a dot, nowhere else; a label that is too long for its line may.
    const ports = (text) => text.split(/(?<=[,;]) | (?!\d)/).flatMap((part, i) => (i ? [" ", unbroken(part)] : [unbroken(part)]));
    const code = (text) => h("code", {}, text.split(/(?<=\.)/).flatMap((part) => [part.includes("-") && part.length < 20 ? unbroken(part) : part, h("wbr")]));
    const lines = (list) => list.flatMap((text, i) => (i ? [h("br"), code(text)] : [code(text)]));
    // Of a long list the first few, and the others on demand; on paper all are open.
    const hosts = (list) => {
      if (!list.length) return [data.request.unknown];
      if (list.length <= MOST_HOSTS) return lines(list);
      return [...lines(list.slice(0, FEW_HOSTS)), h("details", { class: "cmg-others" }, h("summary", {}, `${list.length - FEW_HOSTS} more`), lines(list.slice(FEW_HOSTS)))];
    };
    const named = (role, list) => [h("span", { class: "cmg-role" }, data.roles[role]), h("br"), ...hosts(list)];
    const end = (rule, at) => named(rule.ends[at], at ? rule.destination : rule.source);
    const service = (rule, text = rule.service) => [h("span", { class: "cmg-port" }, ports(text)), h("br"), rule.protocol, " ", badge(rule)];
    const fold = (title, open, ...inside) => h("details", { class: "cmg-group", open }, h("summary", {}, title), inside);
    // What the badge means, where one is shown.
    const legend = () => (made.rules.some((rule) => rule.inferred) ? [h("p", { class: "cmg-note" }, badge({ inferred: true }), " No source prints this port or connection.")] : []);
    const table = (caption, heads, rows) => {
      const head = h("thead", {}, h("tr", {}, heads.map((text) => h("th", { scope: "col" }, text))));
      const body = rows.map((cells) => h("tr", {}, cells.map((cell, i) => h("td", { "data-label": heads[i] }, h("div", {}, cell)))));
      const made = h("table", { class: `cmg-plan-table${heads === HEADS ? " cmg-four" : ""}` }, h("caption", {}, caption), head, h("tbody", {}, body));
      // On a phone rows are blocks, and blocks are no table to a screen reader unless they are called so.
      [made, ...made.querySelectorAll("thead, tbody, tr, th, td")].forEach((part) => part.setAttribute("role", ROLES[part.tagName]));
      return made;
    };
    const HEADS = ["Service", "Source", "Destination", "Why"];
    const line = (rule) => [service(rule), end(rule, 0), end(rule, 1), [rule.reason, " (", ...listed(rule.flows.map(link)), ")"]];
    const captionOf = (rules) => {
      const [from, to] = rules[0].zones;
      return isInner(rules[0]) ? `Inside: ${data.zones[from]}` : `${data.zones[from]} to ${data.zones[to]}`;
    };

    const draw = {
      rules: () => {
        const groups = core.grouped(made.rules).sort(([a], [b]) => isInner(a) - isInner(b));
        const folds = groups.map((rules, i) => {
          const title = `${captionOf(rules)}: ${counted(rules)}`;
          return fold(title, !i || whole, table(title, HEADS, rules.map(line)));
        });
        return [...legend(), ...folds];
      },

      servers: () => {
        const tables = [...new Set(made.rules.flatMap((rule) => rule.ends))]
          .filter((role) => data.inside.includes(role))
          .map((role) => {
            const ways = [["Out", 0], ["In", 1]].map(([way, at]) => [way, made.rules.filter((rule) => rule.ends[at] === role), at]);
            const rows = ways.flatMap(([way, rules, at]) => rules.map((rule) => [service(rule), way, end(rule, 1 - at), rule.reason]));
            const [first] = ways.flatMap(([, rules, at]) => rules.map((rule) => (at ? rule.destination : rule.source)));
            return table([`${data.roles[role]}: `, ...(first.length ? listed(first.map(code)) : [data.request.unknown])], ["Service", "Way", "Other end", "Why"], rows);
          });
        return [...legend(), ...tables];
      },

      names: () => {
        const names = new Map();
        made.rules
          .filter((rule) => !data.inside.includes(rule.ends[1]))
          .forEach((rule) => rule.destination.forEach((name) => names.set(name, [...(names.get(name) ?? []), rule])));
        const rows = [...names].map(([name, rules]) => [
          code(name),
          h("span", { class: "cmg-port" }, ports([...new Set(rules.map((rule) => rule.service))].join(", "))),
          [...new Set(rules.map((rule) => data.roles[rule.ends[0]]))].join(", "),
        ]);
        const always = made.elsewhere.flatMap((item) => item.names ?? []);
        const text = [...names.keys(), ...always].map((name) => `${name}\n`).join("");
        return [
          h("p", { class: "cmg-buttons" }, button("Copy the names, one on each line", () => copy(text, "Copied.")), button("Download", () => download(`${data.site}-names.txt`, text))),
          table(`Names to allow: ${rows.length}`, ["Name", "Service", "From"], rows),
          always.length ? h("p", {}, data.request.always.split("{}").flatMap((part, i) => (i ? [...listed(always.map(code)), part] : [part]))) : null,
        ].filter(Boolean);
      },

      picture: () => [picture(), button("Download the picture (SVG)", () => download("cmg-plan.svg", svgText()))],

      blocked: () => {
        const ports = [...new Set(made.rules.flatMap((rule) => spans(rule).map((span) => `${rule.transport} ${span}`)))].sort(byPort);
        if (!ports.includes(port)) port = ports.find((text) => made.rules.some((rule) => isChannel(rule) && has(rule, text))) ?? ports[0];
        const select = chooser("cmg-port", ports.map((text) => [text, text]), port, (text) => { port = text; found.replaceChildren(effects()); });
        const found = h("div", {});
        const effects = () => table(`If a firewall blocks ${port} between these two ends, and nothing else`, ["Outcome", "Source", "Destination", "What happens"], made.rules.filter((rule) => has(rule, port)).map((rule) => {
          const [state, text] = several(rule) ? rule.oneBlocked : rule.blocked;
          return [outcome(state), end(rule, 0), end(rule, 1), `${text[0].toUpperCase()}${text.slice(1)}.`];
        }));
        found.append(effects());
        return [
          h("p", { class: "cmg-buttons" }, h("label", { for: "cmg-port" }, "Blocked port "), select),
          h("p", { class: "cmg-note" }, "The five steps: ", data.steps.map((title, i) => `${i + 1} ${title}`).join("; "), ". Predicted from the facts, for a gateway that is deployed; no connection is made."),
          found,
        ];
      },

      compare: () => {
        const keep = button(kept ? "Keep the present plan instead" : "Keep this plan to compare", () => { kept = { ...made, answered: answered() }; render("compare"); panel("compare").querySelector("button").focus(); say("Kept. Change an answer to see what differs."); });
        if (!kept) return [h("p", {}, "Keep the plan as it is now, then change an answer: this view shows what to open and what to close."), keep];
        const differing = answered().map(([label, now], i) => [label, kept.answered[i][1], now]).filter(([, then, now]) => then !== now);
        const line = ({ rule, ports, pairs }) => {
          const text = ports.map(([low, high]) => (low === high ? `${low}` : `${low}-${high}`)).join(", ");
          const hostsAt = (at) => [...new Set(pairs.map((pair) => pair.split(" ")[at]))].filter((host) => !data.roles[host]);
          return [service(rule, `${rule.transport} ${text}`), named(rule.ends[0], hostsAt(0)), named(rule.ends[1], hostsAt(1)), rule.reason];
        };
        const groups = [["Open", core.minus(made, kept)], ["Close", core.minus(kept, made)]].filter(([, found]) => found.length);
        const folds = groups.map(([move, found], i) => fold(`${move}: ${counted(found)}`, !i, table(`${move}: ${counted(found)}`, HEADS, found.map(line))));
        return [
          keep,
          differing.length ? table("Answers that differ", ["Answer", "Kept plan", "This plan"], differing) : h("p", {}, "The answers are those of the kept plan: change one to see what differs."),
          ...(folds.length ? folds : [h("p", {}, "Both plans let the same through.")]),
        ];
      },

      export: () => {
        const acts = h("span", { class: "cmg-buttons" });
        const shown = h("div", {});
        const fill = () => {
          const { text, refused } = exported();
          const ending = FORMATS.find(([name]) => name === format)[2];
          acts.replaceChildren(
            button("Copy", () => copy(text, "Copied."), refused),
            button("Download", () => download(`${data.site}.${ending}`, text), refused)
          );
          shown.replaceChildren(refused ? h("p", { class: "cmg-fault" }, refused) : h("pre", { tabindex: "0", role: "region", "aria-label": "Text of the export" }, text));
        };
        const select = chooser("cmg-format", FORMATS, format, (name) => { format = name; fill(); });
        const names = h("input", { type: "checkbox", checked: withNames, onchange: (event) => (withNames = event.target.checked) });
        const share = button("Copy a link to these answers", () => copy(address(withNames), "Link copied."));
        fill();
        return [
          h("p", { class: "cmg-buttons" }, h("label", { for: "cmg-format" }, "Format "), select, acts, button("Print the rules", () => print())),
          shown,
          h("p", { class: "cmg-buttons" }, share, h("label", {}, names, " with my names in it")),
          h("p", {}, `For other firewalls (Cisco, Palo Alto, Fortinet, Juniper, Check Point, Azure) give the site file to the command: cmgdocs rules ${data.site}.toml --dialect NAME.`),
        ];
      },
    };

    const exported = () => {
      const found = core[format](data, made);
      return typeof found === "string" ? { text: found } : found;
    };
    const address = (names) => {
      const query = hash(names);
      return `${location.href.split("#")[0]}${query ? `#${query}` : ""}`;
    };
    const chooser = (id, options, now, choose) =>
      h("select", { id, onchange: (event) => choose(event.target.value) }, options.map(([value, label]) => h("option", { value, selected: value === now }, label)));
    const button = (label, act, disabled = false) => h("button", { type: "button", onclick: act, disabled: Boolean(disabled) }, label);
    const outcome = (state) => h("span", { class: `cmg-outcome cmg-${state}` }, `${SIGNS[state]} ${state}`);
    const isChannel = (rule) => rule.ends[1] === data.gateway.role && rule.flows.some((flow) => flow in data.rungs);
    const counted = ({ length }) => `${length} ${length === 1 ? "rule" : "rules"}`;
    const isInner = ({ zones: [from, to] }) => from === to;
    const several = (rule) => rule.oneBlocked !== null;
    const spans = (rule) => rule.ports.flatMap(([low, high]) => (several(rule) ? Array.from({ length: high - low + 1 }, (_, i) => `${low + i}`) : [low === high ? `${low}` : `${low}-${high}`]));
    const has = (rule, text) => spans(rule).some((span) => `${rule.transport} ${span}` === text);
    const byPort = (a, b) => parseInt(a.split(" ")[1], 10) - parseInt(b.split(" ")[1], 10) || (a < b ? -1 : 1);
    // Every answer as the form has it: its label and its text.
    const answered = () => [
      ...data.fields.map(({ key, label, options }) => {
        const labels = given().chosen[key].map((i) => options[i].label);
        return options.length === 1 ? [options[0].label, labels.length ? "yes" : "no"] : [label, labels.join(", ") || "none"];
      }),
      ...NAMES.map((name) => form.elements[`n.${name}`]).map((input) => [input.labels[0].textContent, input.value.trim() || input.placeholder || "none"]),
    ];

    // Every arrow starts at a server and crosses the firewall to the right: one line for each rule. Behind a web proxy
    // the servers stand to its left; on a phone their lines are above those of the proxy, and cross nothing.
    const picture = () => {
      const leaving = made.rules.filter((rule) => !data.inside.includes(rule.ends[1]) && data.inside.includes(rule.ends[0]));
      const hops = made.rules.filter((rule) => rule.ends[1] === data.proxy.role);
      const narrow = NARROW.matches;
      const rules = narrow ? [...hops, ...leaving] : leaving;
      // Where an arrow starts, the firewall is, an arrow ends, and the picture ends.
      const [edge, wall, tip, width] = narrow ? [6, 88, 104, 320] : hops.length ? [340, 444, 458, 728] : [224, 400, 450, 728];
      const [step, title] = narrow ? [58, 24] : [34, 0];
      const [roleMost, hostMost] = narrow ? [24, 28] : [44, 42]; // characters on a line
      const [server, proxy, hop] = [180, 248, 44]; // right of servers, left of their proxy, and the height of a server
      const drawn = [];
      const box = (x, y, right, height) => drawn.push(s("rect", { class: "cmg-box", x, y, width: right - x, height, rx: 6 }));
      const write = (lines, x, y, name) => lines.forEach((text, i) => drawn.push(s("text", { class: name, x, y: y + 14 * i }, text)));
      const arrow = (rule, from, to, y) => {
        drawn.push(s("line", { class: rule.inferred ? "cmg-arrow cmg-thin" : "cmg-arrow", x1: from, y1: y, x2: to, y2: y, "marker-end": "url(#cmg-head)" }));
        write([rule.service.replace(/^TCP /, narrow ? "" : "TCP ")], from + 4, y - 4, "cmg-on-arrow");
      };
      const fence = (from, to) => drawn.push(s("line", { class: "cmg-wall", x1: wall, y1: from, x2: wall, y2: to }));
      let y = 34;
      [...new Set(rules.map((rule) => rule.ends[0]))].forEach((role) => {
        const own = rules.filter((rule) => rule.ends[0] === role).map((rule) => {
          const [roles, names] = [wrapped(data.roles[rule.ends[1]], " ", roleMost), wrapped(short(rule.destination), ".", hostMost)];
          return { rule, roles, names, height: Math.max(step, 14 * (roles.length + names.length) + 6) };
        });
        const before = role === data.proxy.role && !narrow ? hops : [];
        const height = Math.max(title + own.reduce((sum, row) => sum + row.height, 0), before.length * hop);
        const left = before.length ? proxy : 4;
        if (!narrow) box(left, y, edge, height);
        write([data.roles[role]], narrow ? 4 : left + 10, y + 17, "cmg-server");
        if (before.length) write(wrapped(short(before[0].destination), ".", 13), left + 10, y + 33, "cmg-small");
        before.forEach((rule, i) => {
          const lines = wrapped(data.roles[rule.ends[0]], " ", 20);
          box(4, y + i * hop, server, hop - 8);
          write(lines, 14, y + i * hop + 29 - 7 * lines.length, "cmg-server");
          arrow(rule, server, proxy - 2, y + i * hop + hop / 2 - 4);
        });
        let top = y + title;
        own.forEach(({ rule, roles, names, height: high }) => {
          const middle = top + high / 2;
          const first = middle + 11 - 7 * (roles.length + names.length);
          if (narrow && rule.ends[1] !== data.proxy.role) fence(top, top + high);
          arrow(rule, edge, tip, middle);
          write(roles, tip + 10, first, "");
          write(names, tip + 10, first + 14 * roles.length, "cmg-small");
          top += high;
        });
        y += height + 14;
      });
      if (!narrow) fence(34, y);
      const around = [
        s("text", { class: "cmg-small", x: wall, y: 16, "text-anchor": "middle" }, "your firewall"),
        s("text", { x: 4, y: 16 }, narrow ? "Inside" : "Your network"),
        s("text", { x: tip + 30, y: 16 }, "Azure and Microsoft"),
      ];
      const head = s("marker", { id: "cmg-head", viewBox: "0 0 8 8", refX: 7, refY: 4, markerUnits: "userSpaceOnUse", markerWidth: 9, markerHeight: 9, orient: "auto" }, s("path", { d: "M0 0L8 4L0 8z" }));
      const label = `${hops.length ? "Servers connect to the web proxy. " : ""}Each of ${leaving.length} connections to Azure and Microsoft starts ${hops.length ? "at the proxy or another" : "at a"} server inside; none starts outside.`;
      const size = { viewBox: `0 0 ${width} ${y + 4}`, width, height: y + 4 };
      const drawing = s("svg", { ...size, role: "img", "aria-label": label, class: "cmg-plan-picture" }, s("defs", {}, head), ...around, ...drawn);
      const scroll = h("div", { class: "cmg-scroll", role: "group", "aria-label": "Picture of the plan" }, drawing);
      new ResizeObserver(() => (scroll.tabIndex = scroll.scrollWidth > scroll.clientWidth ? 0 : -1)).observe(scroll);
      return h("figure", { class: "cmg-plan-figure" }, scroll, h("figcaption", {}, `${label} Thin lines: inferred.`));
    };
    // A long text on several lines, broken after a mark, or anywhere if it has none.
    const wrapped = (text, mark, most) => {
      if (text.length <= most) return [text];
      const place = text.lastIndexOf(mark, most - 1) + 1 || most;
      return [text.slice(0, place).trim(), ...wrapped(text.slice(place), mark, most)];
    };
    const short = (list) => (list.length ? `${list[0]}${list.length > 1 ? ` and ${list.length - 1} more` : ""}` : data.request.unknown);
    const svgText = () => {
      const copied = box.querySelector(".cmg-plan-picture").cloneNode(true);
      const style = "text{font:13px Inter,Arial,sans-serif;fill:#1b1f23}.cmg-server{font-weight:700}.cmg-small,.cmg-on-arrow{font-size:11px}.cmg-box{fill:#e3f0fa;stroke:#0072b2}.cmg-arrow{stroke:#1b1f23;stroke-width:1.6}.cmg-thin{stroke-width:.9}.cmg-wall{stroke:#c45500;stroke-width:3}";
      copied.prepend(s("style", {}, style), s("rect", { width: "100%", height: "100%", fill: "#fff" }));
      return new XMLSerializer().serializeToString(copied);
    };

    // --- acts ------------------------------------------------------------------------------------

    // Who hears the page hears the last of what happens in half a second, and nothing twice.
    let waiting;
    const say = (text, after = 0, unseen = false) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        status.classList.toggle("cmg-unseen", unseen);
        if (status.textContent !== text) status.textContent = text;
      }, after);
    };
    const copy = (text, done) => {
      const old = () => {
        const area = h("textarea", { class: "cmg-off" });
        area.value = text;
        box.append(area);
        area.select();
        say(document.execCommand("copy") ? done : "The browser did not allow the copy: select the text and copy it yourself.");
        area.remove();
      };
      if (navigator.clipboard && isSecureContext) navigator.clipboard.writeText(text).then(() => say(done), old);
      else old();
    };
    const download = (name, text) => {
      const address = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
      const anchor = h("a", { href: address, download: name });
      box.append(anchor);
      anchor.click();
      anchor.remove();
      setTimeout(() => URL.revokeObjectURL(address), 10000);
      say(`Saved as ${name}.`);
    };

    // --- from answers to the page ------------------------------------------------------------------

    const show = (name) => {
      view = name;
      VIEWS.forEach(([each]) => {
        const tab = document.getElementById(`cmg-tab-${each}`);
        tab.setAttribute("aria-selected", String(each === name));
        tab.tabIndex = each === name ? 0 : -1;
        panel(each).hidden = each !== name;
      });
      render(name);
      remember();
    };
    const render = (name) => {
      panel(name).replaceChildren(...(made.errors.length ? [h("p", {}, "Correct the answers above.")] : draw[name]()));
      if (name === "export") render("rules"); // they are what is printed there
    };

    // Ports of all rules by transport, ascending: "TCP 80, 443, 10124-10125; UDP 53".
    const services = (rules) => {
      const found = new Map();
      rules.forEach((rule) => rule.ports.forEach((span) => found.set(rule.transport, (found.get(rule.transport) ?? new Map()).set(String(span), span))));
      const text = ([low, high]) => (low === high ? `${low}` : `${low}-${high}`);
      return [...found].map(([transport, by]) => `${transport} ${[...by.values()].sort((a, b) => a[0] - b[0]).map(text).join(", ")}`).join("; ");
    };
    // The ports of the channel, what is tried first before what is the fallback.
    const tried = (channel) => {
      const first = channel.filter((rule) => rule.flows.some((flow) => data.rungs[flow] === 1));
      const others = channel.filter((rule) => !first.includes(rule));
      return first.length && others.length ? `${services(first)}, with ${services(others)} as the fallback` : services(channel);
    };
    const conclude = () => {
      if (made.errors.length) return [h("p", {}, h("strong", {}, "These answers do not make a plan."), " ", ...firstOfEach(made.errors).map(faultText)), h("p", { class: "cmg-buttons" }, "Go to ", faulty().map(leading))];
      const outward = made.rules.filter((rule) => !isInner(rule));
      const inner = made.rules.filter(isInner);
      const proxied = inner.filter((rule) => rule.ends[1] === data.proxy.role);
      const channel = outward.filter(isChannel);
      const others = outward.filter((rule) => !channel.includes(rule));
      const through = channel.length ? [`${data.roles[channel[0].ends[0]]} to `, ...listed([...new Set(channel.flatMap((rule) => rule.destination))].map(code))] : [];
      return [
        h("p", {}, h("strong", {}, "Inbound: nothing."), " Nothing on the internet opens a connection to your network, so you need no inbound rule."),
        h("p", {}, h("strong", {}, "Outbound: ", ports(services(outward)), "."), ` ${counted(outward)}`, ...(channel.length ? [": the channel (", ...through, ") on ", ...ports(tried(channel)), "; all else on ", ...ports(services(others)), "."] : ["."])),
        h("p", {}, h("strong", {}, "Between your servers: ", inner.length ? ports(services(inner)) : "nothing", "."), ` ${counted(inner)}${proxied.length ? `, ${proxied.length} of them to the web proxy on ${services(proxied)}${given().proxy.trim() ? "" : " (example)"}` : ""}.`),
      ];
    };
    const update = (write = true) => {
      made = core.plan(data, given());
      form.querySelectorAll("[data-fault]").forEach((place) => {
        const found = made.errors.filter(({ where }) => where === place.dataset.fault);
        place.textContent = found.map(({ what }) => what).join(" ");
        const input = form.querySelector(`:is(input, select)[aria-describedby="${place.id}"]`);
        if (input) input.setAttribute("aria-invalid", String(found.length > 0));
      });
      verdict.replaceChildren(...conclude());
      verdict.classList.toggle("cmg-wrong", made.errors.length > 0);
      const names = Object.fromEntries(NAMES.map((name) => [name, form.elements[`n.${name}`].value.trim()]));
      data.servers.forEach(({ role, example }) => (form.elements[`n.${role}`].placeholder = names[core.leader(data, role)] || example));
      const examples = data.servers.filter(({ role }) => !names[role] && !names[core.leader(data, role)] && made.rules.some((rule) => rule.ends.includes(role)));
      const result = made.errors.length ? "These answers do not make a plan." : `${counted(made.rules)}; outbound ${services(made.rules.filter((rule) => !isInner(rule)))}.`;
      form.querySelector(".cmg-now span").textContent = result;
      remarks.replaceChildren(...(made.doubts.length && !made.errors.length ? [h("p", {}, h("strong", {}, "Check: "), made.doubts.map(({ what }) => what).join("; "), ".")] : []));
      if (ignored.length) remarks.append(h("p", {}, h("strong", {}, "Check: "), `Not understood in this link: ${ignored.slice(0, MOST_SHOWN).join(", ")}.`));
      if (Object.values(names).some(Boolean) && examples.length)
        remarks.append(h("p", {}, h("strong", {}, "Check: "), `These hosts are still examples: ${examples.map(({ name }) => name).join(", ")}.`));
      faulty().forEach(unfold);
      answers.textContent = made.errors.length ? "" : core.planned(data, made);
      links.forEach((link) => (link.hash = hash(false)));
      render(view);
      say(result, 500, true);
      remember(...(write ? [address(false)] : []));
    };

    NARROW.addEventListener("change", () => render(view));
    new IntersectionObserver(([{ isIntersecting }]) => (form.querySelector(".cmg-now").hidden = isIntersecting)).observe(verdict);
    box.append(form, answers, verdict, remarks, tabs, status, panels);
    box.hidden = false;
    form.addEventListener("input", () => {
      undo.hidden = true;
      ignored = [];
      update();
    });
    addEventListener("hashchange", () => readHash() && update(false));
    recall();
    readHash();
    made = core.plan(data, given());
    show(view);
    update(false);
  };

  document.addEventListener("DOMContentLoaded", () => {
    const box = document.querySelector("[data-cmg-planner]");
    if (box && data && core) start(box);
  });
})();
