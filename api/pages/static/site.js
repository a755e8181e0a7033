/* What a script adds to pages that work without one: dropping a file, the progress of an upload, copying a link, hearing
   what happens to a check instead of asking for it. */
"use strict";
(() => {
  for (const button of document.querySelectorAll("[data-copies]")) {
    const field = document.getElementById(button.dataset.copies);
    const status = button.parentElement.querySelector("[role=status]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      field.select();
      try { await navigator.clipboard.writeText(field.value); } catch { document.execCommand("copy"); }
      status.textContent = button.dataset.copied;
    });
  }

  const progress = document.querySelector("[data-events]");
  if (progress) {
    const kinds = ["stage", "evidence", "finished", "failed", "cancelled", "deleted"];
    const longest = 10000;  // ms without asking, lest somebody between holds the stream back
    let stream, happened = true, asked = 0;
    function follow() {
      stream?.close();
      // A browser has few connections to one host: a page that nobody looks at leaves them to the others.
      if (document.visibilityState === "hidden") return;
      stream = new EventSource(progress.dataset.events);
      for (const kind of kinds) {
        stream.addEventListener(kind, () => { happened = true; progress.dispatchEvent(new Event("told")); });
      }
    }
    // htmx asks each second. While the stream is open, that is let through where something happened.
    progress.addEventListener("htmx:before:request", (event) => {
      if (stream?.readyState === EventSource.OPEN && !happened && Date.now() - asked < longest) event.preventDefault();
      else { happened = false; asked = Date.now(); }
    });
    document.addEventListener("visibilitychange", follow);
    follow();
  }

  const form = document.querySelector("form[data-sends]");
  if (!form) return;
  const file = form.querySelector("input[type=file]");
  const drop = form.querySelector(".drop");
  const send = form.querySelector(".send");
  const bar = send.querySelector("progress");
  const said = send.querySelector("[role=status]");
  const problem = form.querySelector(".problem");

  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) file.files = event.dataTransfer.files;
  });

  function failed(text) {
    send.hidden = true;
    problem.hidden = false;
    problem.querySelector("p").textContent = text;
    problem.focus();
  }

  form.addEventListener("submit", (event) => {
    if (!file.files.length) return;  // a link: the plain form does
    const most = Number(form.dataset.most);
    event.preventDefault();
    problem.hidden = true;
    if (most && file.files[0].size > most) { failed(form.dataset.tooLarge); return; }
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.upload.addEventListener("progress", (moved) => {
      if (!moved.lengthComputable) return;
      bar.value = moved.loaded / moved.total;
      said.textContent = `${form.dataset.sent}: ${Math.floor((100 * moved.loaded) / moved.total)} %`;
    });
    request.addEventListener("load", () => {
      if (request.status === 200 && new URL(request.responseURL).pathname.startsWith("/c/")) {
        location.assign(request.responseURL);
      } else {
        const page = new DOMParser().parseFromString(request.responseText, "text/html");
        const words = page.querySelector("[data-advice]");
        failed(words ? words.textContent.trim().replace(/\s+/g, " ") : form.dataset.broken);
      }
    });
    request.addEventListener("error", () => failed(form.dataset.broken));
    send.hidden = false;
    request.send(new FormData(form));
  });
})();
