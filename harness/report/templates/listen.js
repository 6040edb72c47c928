"use strict";
(() => {
  const clips = [...document.querySelectorAll(".clip")];
  const who = document.getElementById("who"), save = document.getElementById("save");
  const tally = document.getElementById("tally");
  const draft = "harness-corpus:" + document.body.dataset.corpus;
  const field = (clip, name) => clip.querySelector(`[data-field="${name}"]`);
  const chosen = clip => clip.querySelector("input[type=radio]:checked")?.value || "";

  // What a person typed survives a closed tab, where the browser lets a file remember anything.
  const store = value => { try { localStorage.setItem(draft, JSON.stringify(value)); } catch { /* not allowed here */ } };
  const stored = () => { try { return JSON.parse(localStorage.getItem(draft)) || {}; } catch { return {}; } };

  const answers = () => clips.filter(clip => chosen(clip)).map(clip => ({
    clip: clip.id,
    sha256: clip.dataset.sha256,
    verdict: chosen(clip),
    reference: clip.dataset.reference,
    text: chosen(clip) === "corrected" ? field(clip, "text").value.trim() : clip.dataset.reference,
    note: field(clip, "note").value.trim(),
    when: clip.dataset.when,
  }));

  const show = () => {
    for (const clip of clips) {
      clip.dataset.verdict = chosen(clip);
      for (const part of clip.querySelectorAll(".more, [data-undo]")) part.hidden = !chosen(clip);
      field(clip, "text").closest("label").hidden = chosen(clip) !== "corrected";
    }
    const given = answers();
    const corrected = given.filter(answer => answer.verdict === "corrected").length;
    tally.textContent = `${given.length - corrected} confirmed, ${corrected} corrected, ${clips.length - given.length} to do`;
    save.disabled = !given.length || !who.value.trim();
    save.title = save.disabled ? "Write your name and answer at least one clip" : "";
    store({who: who.value, answers: given});
  };

  const before = stored();
  who.value = before.who || "";
  for (const answer of before.answers || []) {
    const clip = document.getElementById(answer.clip);
    if (clip?.dataset.sha256 !== answer.sha256 || clip.dataset.reference !== answer.reference) continue;
    clip.querySelector(`input[value="${answer.verdict}"]`).checked = true;
    if (answer.verdict === "corrected") field(clip, "text").value = answer.text;
    field(clip, "note").value = answer.note;
    clip.dataset.when = answer.when;
  }

  document.addEventListener("input", event => {
    const clip = event.target.closest(".clip");
    if (clip) clip.dataset.when = new Date().toISOString();
    show();
  });

  document.addEventListener("click", event => {
    const undo = event.target.closest("[data-undo]"), word = event.target.closest(".word-at");
    const clip = event.target.closest(".clip");
    if (undo) { for (const radio of clip.querySelectorAll("input[type=radio]")) radio.checked = false; show(); }
    if (!word) return;
    const audio = clip.querySelector("audio"), end = word.dataset.end / 1000;
    // Timeupdate comes every quarter of a second, which is a word too late.
    const watch = () => { if (audio.currentTime >= end) audio.pause(); else if (!audio.paused) requestAnimationFrame(watch); };
    audio.currentTime = word.dataset.start / 1000;
    audio.addEventListener("playing", watch, {once: true});
    audio.play();
  });

  // Two clips at once cannot be understood.
  document.addEventListener("play", event => {
    for (const audio of document.querySelectorAll("audio")) if (audio !== event.target) audio.pause();
  }, true);

  save.addEventListener("click", () => {
    const file = {format: document.body.dataset.format, who: who.value.trim(), answers: answers()};
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(file, null, 2) + "\n"], {type: "application/json"}));
    link.download = `answers-${new Date().toISOString().slice(0, 10)}.json`;
    link.click();
  });
  show();
})();
