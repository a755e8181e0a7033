// After the # of a page's address: a seed, so that one page looks otherwise each time, and by how much all that moves
// is slowed down, so that a recording played that much faster has no gaps on a slow machine.
"use strict";
const [seed, slower] = [...location.hash.slice(1).split(",").map(Number), 1, 1];
let state = (seed || 1) * 2654435761 % 4294967296;
function chance() {
  state = (state * 1664525 + 1013904223) % 4294967296;
  return state / 4294967296;
}
const between = (low, high) => low + (high - low) * chance();
const whole = (low, high) => Math.floor(between(low, high + 1));
const one = (list) => list[whole(0, list.length - 1)];
const colour = (light) => `hsl(${whole(0, 359)} ${whole(35, 85)}% ${light}%)`;
const clock = () => performance.now() / slower;
const later = (what, milliseconds) => setTimeout(what, milliseconds * slower);
const FONTS = ["sans-serif", "serif", "Liberation Sans", "DejaVu Serif", "Noto Sans"];
const WORDS = ("the of and to in a is that for it was on are as with they at be this from have or by one had not but " +
  "what all were when we there can an your which their said if will each about how up out them then she many some " +
  "so these would other into has more her two like him see time could no make than first been its who now people " +
  "river market engine season letter bridge council harbour winter garden signal measure weather station village")
  .split(" ");
function sentence() {
  const words = Array.from({ length: whole(6, 17) }, () => one(WORDS)).join(" ");
  return words[0].toUpperCase() + words.slice(1) + ". ";
}
const paragraph = () => Array.from({ length: whole(3, 7) }, sentence).join("");
document.addEventListener("DOMContentLoaded", () => { document.body.style.fontFamily = one(FONTS); });
