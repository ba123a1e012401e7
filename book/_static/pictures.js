/*
 * Pictures: a larger view, a file to take along, and rows and arrows that point at one another.
 * The buttons are made here, so that without the script there are none.
 */
(() => {
  "use strict";

  const button = (text, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  };

  // The picture itself moves into the dialog and back: a copy would have the same ids.
  const enlarge = (picture) => {
    const home = picture.querySelector(".cmg-diagram");
    const svg = home.querySelector("svg");
    const dialog = document.createElement("dialog");
    const place = document.createElement("div");
    const size = svg.viewBox.baseVal;
    const natural = (size.width * 4) / 3;
    dialog.className = "cmg-dialog";
    dialog.setAttribute("aria-label", picture.dataset.title);
    place.className = "cmg-diagram";
    place.tabIndex = 0;
    place.setAttribute("role", "region");
    place.setAttribute("aria-label", picture.dataset.title);
    dialog.append(button("Close", () => dialog.close()), place);
    home.style.minHeight = `${home.offsetHeight}px`; // the page keeps its height
    place.append(svg);
    svg.style.width = `${Math.max(natural, Math.min(natural * 1.6, window.innerWidth * 0.9))}px`;
    document.body.append(dialog);
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog || event.target.closest?.("a")) dialog.close();
    });
    dialog.addEventListener("close", () => {
      svg.style.width = "";
      home.style.minHeight = "";
      home.append(svg);
      dialog.remove();
    });
    dialog.showModal();
  };

  // Light colours and the white ground are in the picture's attributes; only the page makes it dark.
  const download = (picture) => {
    const shown = [...picture.querySelectorAll("svg")].find((svg) => svg.getBoundingClientRect().width);
    const copy = shown.cloneNode(true);
    const texts = copy.querySelectorAll("text");
    shown.querySelectorAll("text").forEach((text, i) => {
      texts[i].setAttribute("textLength", text.getComputedTextLength().toFixed(2)); // whatever font draws it
      texts[i].setAttribute("lengthAdjust", "spacingAndGlyphs");
    });
    copy.querySelectorAll("a").forEach((link) => link.replaceWith(...link.childNodes));
    copy.querySelectorAll(".cmg-on").forEach((part) => part.classList.remove("cmg-on"));
    const file = new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = `${picture.dataset.title.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.svg`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  const tools = (picture) => {
    const bar = document.createElement("div");
    bar.className = "cmg-picture-tools";
    bar.append(
      button("Enlarge", () => enlarge(picture)),
      button("Download SVG", () => download(picture))
    );
    for (const made of bar.children) made.setAttribute("aria-label", `${made.textContent}: ${picture.dataset.title}`);
    picture.append(bar);
  };

  // The rows of a label: the one that it links to, and those of its flow in every table of the page.
  const rowsOf = (label) => {
    const target = label.querySelector("a")?.getAttribute("href") ?? "";
    const flow = /_([A-Z]\d+)(?:_[a-z]+)?$/.exec(label.id)?.[1].toLowerCase();
    const linked = target.startsWith("#") ? document.getElementById(target.slice(1)) : null;
    const rows = flow ? [...document.querySelectorAll(`tr[id$="-${flow}"]`)] : [];
    return new Set(linked?.matches("tr") ? [linked, ...rows] : rows);
  };

  const connect = (parts, others) => {
    const light = (on) => [...parts, ...others].forEach((part) => part.classList.toggle("cmg-on", on));
    for (const part of parts) {
      part.addEventListener("mouseenter", () => light(true));
      part.addEventListener("mouseleave", () => light(false));
      part.addEventListener("focusin", () => light(true));
      part.addEventListener("focusout", () => light(false));
    }
  };

  const pair = (svg) => {
    for (const label of svg.querySelectorAll("g.label")) {
      const halves = ["tail", "head"].map((half) => document.getElementById(`${label.id}_${half}`));
      const arrow = [label, ...halves.filter(Boolean)];
      const rows = [...rowsOf(label)];
      connect(arrow, rows);
      for (const row of rows) connect([row], arrow);
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".cmg-picture").forEach(tools);
    document.querySelectorAll(".cmg-picture svg").forEach(pair);
  });
})();
