// Curves of the last minutes, from the totals that each state carries.

import { element, svg } from "./dom.js";

const POINTS = 300;
const WIDTH = 300;
const HEIGHT = 64;

/** A curve: title, the value of a state by the state before it, and its text. */
export class Curve {
  constructor(title, value, text) {
    this.title = title;
    this.value = value;
    this.text = text;
    this.points = [];
  }

  add(now, before) {
    const seconds = (now.at - before.at) / 1000;
    if (seconds <= 0) {
      return;
    }
    this.points.push(Math.max(0, this.value(now, before, seconds)));
    if (this.points.length > POINTS) {
      this.points.shift();
    }
  }

  draw() {
    const last = this.points.at(-1) ?? 0;
    const highest = Math.max(...this.points, Number.MIN_VALUE);
    const step = WIDTH / (POINTS - 1);
    const start = WIDTH - (this.points.length - 1) * step;
    const path = this.points
      .map((value, i) => `${i ? "L" : "M"}${(start + i * step).toFixed(1)} ${(HEIGHT - 2 - value / highest * (HEIGHT - 8)).toFixed(1)}`)
      .join("");
    const label = `${this.title}: now ${this.text(last)}, highest ${this.text(highest)} of the last ${this.points.length} seconds`;
    return element("div", {},
      element("h3", {}, `${this.title}: ${this.text(last)}`),
      svg("svg", { role: "img", "aria-label": label, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", width: "100%", height: HEIGHT },
        svg("line", { class: "grid", x1: 0, x2: WIDTH, y1: HEIGHT - 1, y2: HEIGHT - 1 }),
        svg("path", { class: "curve", d: path })));
  }
}
