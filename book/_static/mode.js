/* In the head, before anything is painted: that scripts run, and the colours that the reader or the system has chosen. */
document.documentElement.classList.add("js");
document.documentElement.dataset.mode = localStorage.getItem("mode") || "auto";
document.documentElement.dataset.theme = localStorage.getItem("theme") || "auto";
