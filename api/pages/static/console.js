/* What a script adds to the pages of reviews, which work without one: keys, stepping through evidence, the time left,
   links to media that are renewed while the claim lasts. Keys never act while somebody types. */
"use strict";
(() => {
  const root = document.querySelector("[data-console]");
  const video = document.getElementById("video");
  const steps = root ? [...root.querySelectorAll("button.step")] : [];
  const status = document.querySelector("[data-says]");
  const frame = root ? 1 / (Number(root.dataset.rate) || 25) : 0;
  let at = -1;

  const typing = (target) => target.isContentEditable || target.matches("textarea, select")
    || (target.matches("input") && !["checkbox", "radio"].includes(target.type));

  function go(number) {
    if (!steps.length) return;
    at = Math.max(0, Math.min(steps.length - 1, number));
    for (const one of root.querySelectorAll("[data-step]")) {
      const here = one.dataset.step === steps[at].dataset.step;
      one.classList.toggle("current", here);
      if (one.matches("button")) one.toggleAttribute("aria-current", here);
    }
    steps[at].focus();
    if (video && steps[at].dataset.from !== undefined) video.currentTime = Number(steps[at].dataset.from);
  }
  for (const one of root?.querySelectorAll("[data-step]") ?? []) {
    one.addEventListener("click", () => go(steps.findIndex((step) => step.dataset.step === one.dataset.step)));
  }

  function play() {
    if (video.paused) video.play().catch(() => {});
    else video.pause();
  }
  function move(seconds) {
    video.pause();
    video.currentTime = Math.max(0, video.currentTime + seconds);
  }

  const mute = document.getElementById("cover-mute");
  if (video && mute) {
    video.muted = mute.checked;
    mute.addEventListener("change", () => { video.muted = mute.checked; });
  }

  // WCAG 2.1.4: whoever speaks to their machine turns single keys off, on this browser, for good.
  // A browser that keeps nothing remembers it for this page alone.
  const off = document.querySelector("[data-keys-off]");
  let silent = false;
  try { silent = localStorage.getItem("console-keys") === "off"; } catch { /* nothing is kept */ }
  if (off) {
    off.checked = silent;
    off.addEventListener("change", () => {
      silent = off.checked;
      try {
        if (silent) localStorage.setItem("console-keys", "off");
        else localStorage.removeItem("console-keys");
      } catch { /* nothing is kept */ }
    });
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (silent && key.length === 1) return;
    const field = event.target.closest("input, button, summary, a, video");
    const moves = {j: 1, ArrowDown: 1, k: -1, ArrowUp: -1};
    if (key in moves && steps.length && !(key.startsWith("Arrow") && event.target.matches("input[type=radio]"))) {
      go(at + moves[key]);
    } else if (key === " " && video && (!field || field === video || field.matches(".step"))) play();
    else if (video && (key === "," || key === ".")) move(key === "," ? -frame : frame);
    else if (key === "?" && document.getElementById("keys")) {
      const keys = document.getElementById("keys");
      keys.open = !keys.open;
      keys.querySelector("summary").focus();
    } else {
      const button = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
      if (!button) return;
      if (button.matches("textarea")) button.focus();
      else { button.focus(); button.click(); }
    }
    event.preventDefault();
  });

  if (!root) return;
  const mark = root.querySelector(".timeline .now");
  if (video && mark) {
    video.addEventListener("timeupdate", () => {
      const x = 1000 * Math.min(1, video.currentTime / Number(mark.dataset.length));
      mark.setAttribute("x1", x);
      mark.setAttribute("x2", x);
    });
  }

  let claim = document.getElementById("claim"), told = "";
  function say(words) {
    if (words !== told) status.textContent = told = words;
  }
  function tick() {
    const left = Math.floor((Date.parse(claim.dataset.until) - Date.now()) / 1000);
    const shown = Math.max(0, left);
    const seconds = String(shown % 60).padStart(2, "0");
    claim.querySelector(".left").textContent = `${claim.dataset.left} ${Math.floor(shown / 60)}:${seconds}`;
    claim.classList.toggle("soon", left < 120);
    if (left <= 0) say(claim.dataset.over);
    else if (left < 120) say(claim.dataset.soon);
    else told = "";
  }

  // Loads this page again, to take from it the time that is left and a link to the media that holds.
  let asked = 0;
  async function renew(method) {
    asked = Date.now();
    const path = method === "POST" ? `${location.pathname}/extend` : location.pathname;
    const answer = await fetch(path, {method});
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("claim");
    if (!fresh) { say(claim.dataset.over); return; }
    claim.dataset.until = fresh.dataset.until;
    const src = page.getElementById("video")?.getAttribute("src");
    if (video && src && src !== video.getAttribute("src") && (video.error || video.paused)) {
      const second = video.currentTime, rate = video.playbackRate;
      video.src = src;
      video.currentTime = second;
      video.playbackRate = rate;
    }
    tick();
  }
  root.querySelector("[data-extends]").addEventListener("submit", (event) => {
    event.preventDefault();
    renew("POST").catch(() => event.target.submit());
  });
  video?.addEventListener("error", () => { if (Date.now() - asked > 10000) renew("GET").catch(() => {}); });
  setInterval(() => { if (document.visibilityState !== "hidden") renew("GET").catch(() => {}); }, 600000);
  setInterval(tick, 1000);
  tick();
})();
