/* Elements for the pages with a form. */
(() => {
  "use strict";

  // An element with attributes, listeners (on…: function) and children; text is always text.
  globalThis.cmgElement = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => {
      if (typeof value === "function") made.addEventListener(name.slice(2), value);
      else if (value === true) made.setAttribute(name, "");
      else if (value !== false && value != null) made.setAttribute(name, value);
    });
    made.append(...children.flat().filter((child) => child != null));
    return made;
  };
})();
