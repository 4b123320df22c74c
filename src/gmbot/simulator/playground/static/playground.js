"use strict";

const live = document.getElementById("live");

// A morph must not undo what the server does not know: a draft, an opened list, a chosen voice.
const keeps = (name, element) =>
  (name === "value" && "draft" in element.dataset) ||
  (name === "open" && element.tagName === "DETAILS") ||
  (name === "selected" && element.closest("#voice"));
Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, element) => !keeps(name, element);

// An answer for a view that has been left meanwhile is no longer of use.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.requestConfig.elt !== live) return;
  const asked = event.detail.requestConfig.parameters;
  const now = new FormData(document.getElementById("view"));
  if ([...now].some(([name, value]) => String(asked[name]) !== value)) event.detail.shouldSwap = false;
});

// A log stays at its end unless its reader has scrolled up.
const read = new Map();
const log = () => document.querySelector("[data-log]");
const toEnd = () => {
  const list = log();
  if (list && read.get(list.id) !== "above") list.scrollTop = list.scrollHeight;
};
document.addEventListener("scroll", ({ target }) => {
  if (!target.dataset || !("log" in target.dataset)) return;
  const gap = target.scrollHeight - target.scrollTop - target.clientHeight;
  read.set(target.id, gap > 60 ? "above" : "end");
}, true);
document.addEventListener("htmx:afterSettle", toEnd);
addEventListener("resize", toEnd);
toEnd();

document.addEventListener("change", ({ target }) => {
  if (!target.dataset.chooses) return;
  const url = target.dataset.chooses.replace("PERSON", target.value);
  htmx.ajax("GET", url, { target: "#app", select: "#app", swap: "morph:outerHTML" });
  history.pushState({}, "", url);
});
addEventListener("popstate", () => location.reload());

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (!("clears" in detail.elt.dataset)) return;
  const field = detail.elt.querySelector("[data-draft]");
  if (!field.value.trim()) return;
  setTimeout(() => { field.value = ""; });
  read.clear();
});

document.addEventListener("click", ({ target }) => {
  if (!target.dataset.fills) return;
  const field = document.getElementById("text");
  field.value = target.dataset.fills;
  document.getElementById("commands").hidePopover();
  field.focus();
});

let fading;
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target.id !== "toasts") return;
  clearTimeout(fading);
  fading = setTimeout(() => detail.target.replaceChildren(), 8000);
});

const scheme = matchMedia("(prefers-color-scheme: dark)");
document.addEventListener("click", ({ target }) => {
  if (!target.closest("#theme")) return;
  const root = document.documentElement.dataset;
  const dark = root.theme ? root.theme === "dark" : scheme.matches;
  root.theme = dark ? "light" : "dark";
  localStorage.setItem("theme", root.theme);
});

const ended = document.getElementById("ended");
document.addEventListener("htmx:sseError", () => { ended.hidden = false; });
document.addEventListener("htmx:sseOpen", () => { ended.hidden = true; });
