/*
 * A region that scrolls must be reachable by keyboard; one that does not must not take the focus.
 * So tables and diagrams become focusable only while they are wider than their column. Code that goes on to the right
 * fades there.
 */
(() => {
  "use strict";

  // What is folded is unfolded for paper, apart from the links back, which lead nowhere there.
  addEventListener("beforeprint", () => {
    document.querySelectorAll(".bd-article details:not(.cmg-mentions)").forEach((part) => { part.open = true; });
  });

  const names = new Map(); // how often a name was given: landmarks of one name cannot be told apart

  const name = (box) => {
    const text = (selector, within = box) => within?.querySelector(selector)?.textContent.trim();
    const heading = () => text("h1, h2, h3, h4", box.closest("section"))?.replace(/#$/, "");
    const own = box.getAttribute("aria-label") || text("caption .caption-text");
    const given = own || heading() || document.title;
    names.set(given, (names.get(given) ?? 0) + 1);
    return names.get(given) === 1 ? given : `${given} (${names.get(given)})`;
  };

  const mark = (box) => {
    box.dataset.name ??= name(box);
    const scrolls = box.scrollWidth > box.clientWidth + 1;
    const attributes = { tabindex: "0", role: "region", "aria-label": box.dataset.name };
    for (const [attribute, value] of Object.entries(attributes)) {
      if (scrolls) box.setAttribute(attribute, value);
      else box.removeAttribute(attribute);
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    const boxes = document.querySelectorAll(
      ".pst-scrollable-table-container, .cmg-diagram, .cell_output"
    );
    const observer = new ResizeObserver((entries) => entries.forEach((e) => mark(e.target)));
    boxes.forEach((box) => observer.observe(box));
    // The theme measures code only some time after a change of its width.
    const more = (part) => part.classList.toggle("cmg-more", part.scrollLeft + part.clientWidth < part.scrollWidth - 1);
    const code = new ResizeObserver((entries) => entries.forEach(({ target }) => {
      target.tabIndex = target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight ? 0 : -1;
      more(target);
    }));
    document.querySelectorAll("pre").forEach((part) => {
      code.observe(part);
      part.addEventListener("scroll", () => more(part), { passive: true });
    });
  });
})();
