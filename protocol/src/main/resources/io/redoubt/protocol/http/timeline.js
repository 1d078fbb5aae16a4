// The events of a process, newest first.

import { clock, duration, element } from "./dom.js";

const MAX_EVENTS = 100;
const GOOD = ["+switch-master", "-sdown", "-odown", "+promoted-slave", "+failover-end"];
const BAD = ["+sdown", "+odown", "+tilt"];

function phases(event) {
  const entries = Object.entries(event.phases);
  const bars = entries.map(([name, millis], i) => {
    const bar = element("span", { class: `phase${i % 2}`, title: `${name} ${duration(millis)}` });
    bar.style.flexGrow = Math.max(1, millis);
    return bar;
  });
  const legend = entries.map(([name, millis], i) =>
    element("li", { class: `phase${i % 2}` }, `${name} ${duration(millis)}`
      + (name.startsWith("election") && event.lost ? `, ${event.lost} lost` : "")));
  return [
    element("div", { class: "bars", "aria-hidden": "true" }, ...bars),
    element("ul", { class: "legend" }, ...legend)];
}

/** Adds an event to a list. */
export function addEvent(list, event) {
  const kind = GOOD.includes(event.type) ? "good" : BAD.includes(event.type) ? "bad" : "";
  const text = event.before ? `${event.before} → ${event.text}` : event.text;
  const lasted = event.lasted === undefined ? "" : ` (after ${duration(event.lasted)})`;
  const item = element("li", {},
    element("time", { datetime: new Date(event.at).toISOString() }, clock(event.at)),
    element("b", { class: kind }, event.type), text + lasted);
  if (event.phases) {
    item.append(...phases(event));
  }
  list.prepend(item);
  while (list.children.length > MAX_EVENTS) {
    list.lastChild.remove();
  }
}
