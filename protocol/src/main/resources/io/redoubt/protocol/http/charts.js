// Curves of the last minutes: of samples that the server kept, and of the states since.

import { clock, element, svg } from "./dom.js";

const WINDOW_MILLIS = 300000;
const WIDTH = 300;
const HEIGHT = 80;
const STEPS = [1, 2, 5, 10];

/** Returns a round number at or above the highest value, in steps of the unit's base. */
function roundAbove(highest, base) {
  let unit = 1;
  while (highest / unit >= base && base > 1) {
    unit *= base;
  }
  let power = 1;
  while (STEPS.every(step => step * power * unit < highest)) {
    power *= 10;
  }
  return (STEPS.find(step => step * power * unit >= highest) ?? 1) * power * unit;
}

/** A curve: title, the value of a sample by the sample before it, its text, and the top of its axis. */
export class Curve {
  constructor(title, value, text, { base = 1000, top = 0 } = {}) {
    this.title = title;
    this.value = value;
    this.text = text;
    this.base = base;
    this.top = top;
    this.points = [];
  }

  clear() {
    this.points = [];
  }

  add(now, before) {
    const seconds = (now.at - before.at) / 1000;
    if (seconds <= 0) {
      return;
    }
    this.points.push({ at: now.at, value: Math.max(0, this.value(now, before, seconds)) });
    while (this.points[0].at < now.at - WINDOW_MILLIS) {
      this.points.shift();
    }
  }

  draw() {
    const last = this.points.at(-1) ?? { at: 0, value: 0 };
    const highest = this.points.reduce((most, point) => (point.value > most.value ? point : most), last);
    const top = Math.max(this.top, roundAbove(highest.value, this.base));
    const x = at => WIDTH - (last.at - at) / WINDOW_MILLIS * WIDTH;
    const y = value => HEIGHT - value / top * HEIGHT;
    const path = this.points
      .map(({ at, value }, i) => `${i ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`)
      .join("");
    const summary = this.points.length
      ? `now ${this.text(last.value)}, highest ${this.text(highest.value)} at ${clock(highest.at)}`
      : "no samples yet";
    const lines = [0, HEIGHT / 2, HEIGHT].map(at => svg("line", { class: "grid", x1: 0, x2: WIDTH, y1: at, y2: at }));
    return element("div", { class: "chart" },
      element("h3", {}, this.title),
      element("p", { class: "quiet" }, summary),
      element("div", { class: "plot" },
        element("span", { class: "top" }, this.text(top)),
        element("span", { class: "zero" }, this.text(0)),
        svg("svg", {
          role: "img", "aria-label": `${this.title}: ${summary}, in the last five minutes`,
          viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none",
        }, ...lines, svg("path", { class: "curve", d: path })),
        element("span", { class: "start" }, "5 min ago"),
        element("span", { class: "end" }, "now")));
  }
}
