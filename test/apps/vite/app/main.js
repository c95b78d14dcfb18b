import { sentence } from "./sentence.js";

// Another one after each reload.
const life = Math.random().toString(36).slice(2);
const ear = `http://127.0.0.1:${new URLSearchParams(location.search).get("ear")}/`;

function tell(what) {
  void fetch(ear + encodeURIComponent(`${life} ${what}`), { method: "POST", mode: "no-cors" });
}

function show(text) {
  document.querySelector("h1").textContent = text;
  tell(`shows ${text}`);
}

show(sentence);
import.meta.hot.accept("./sentence.js", (changed) => show(changed.sentence));
import.meta.hot.on("welcome", () => tell("is connected"));
import.meta.hot.send("here");
