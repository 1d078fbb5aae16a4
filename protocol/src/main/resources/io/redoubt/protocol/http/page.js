// The page of one process: takes states and events from /events and shows them.

import { Curve } from "./charts.js";
import { bytes, count, duration, element, table } from "./dom.js";
import { draw } from "./topology.js";

const MAX_EVENTS = 100;
const STALE_MILLIS = 4000;
const GOOD = ["+switch-master", "-sdown", "-odown", "+promoted-slave", "+failover-end"];
const BAD = ["+sdown", "+odown", "+tilt"];

const byId = id => document.getElementById(id);
const rate = name => (now, before, seconds) => (now.totals[name] - before.totals[name]) / seconds;
const curves = [
  new Curve("Commands a second", rate("commands"), count),
  new Curve("Received a second", rate("input"), bytes),
  new Curve("Sent a second", rate("output"), bytes),
  new Curve("Loop busy", (now, before, seconds) =>
    (now.totals.busyNanos - before.totals.busyNanos) / seconds / 1e7, percent => `${percent.toFixed(0)} %`),
];

let last = null;
let lastMillis = 0;

function pill(id, text, kind) {
  const node = byId(id);
  if (node.textContent !== text) {
    node.textContent = text;
  }
  node.className = `pill ${kind}`;
}

/** Replaces a part unless the user is in it, by keyboard or with a selection. */
function replace(id, ...children) {
  const node = byId(id);
  const selection = document.getSelection();
  const isSelected = selection && !selection.isCollapsed && node.contains(selection.anchorNode);
  if (isSelected) {
    return;
  }
  const focused = node.contains(document.activeElement);
  const left = node.querySelector(".scroll")?.scrollLeft ?? 0;
  node.replaceChildren(...children);
  const region = node.querySelector(".scroll");
  if (region) {
    region.scrollLeft = left;
    if (focused) {
      region.focus({ preventScroll: true });
    }
  }
}

function tableOrNothing(id, caption, columns, rows) {
  replace(id, rows.length
    ? table(caption, columns, rows)
    : element("p", { class: "quiet" }, "Nothing."));
}

function showServer(state) {
  if (last?.totals && last.at < state.at) {
    curves.forEach(curve => curve.add(state, last));
  }
  replace("charts", ...curves.map(curve => curve.draw()));
  const { totals, memory } = state;
  const reads = totals.hits + totals.misses;
  const figures = [
    ["Clients", count(totals.clients)], ["Blocked", count(totals.blocked)],
    ["Hits", reads ? `${(100 * totals.hits / reads).toFixed(1)} %` : "no reads"],
    ["Expired", count(totals.expired)], ["Evicted", count(totals.evicted)],
    ["Longest turn", `${(totals.longestNanos / 1e6).toFixed(1)} ms`],
  ];
  replace("figures", ...figures.map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, value))));
  tableOrNothing("commands", "Commands", [
    ["Command", false, row => row.name], ["Calls", true, row => count(row.calls)],
    ["p50", true, row => row.p50], ["p99", true, row => row.p99], ["p99.9", true, row => row.p999],
    ["Failed", true, row => count(row.failed)], ["Rejected", true, row => count(row.rejected)],
  ], state.commands);
  byId("memory-sum").textContent = `${bytes(memory.used)} used`
    + (memory.limit ? ` of ${bytes(memory.limit)}` : "") + `, ${bytes(memory.resident)} resident.`;
  const most = Math.max(...memory.kinds.map(kind => kind.bytes), 1);
  tableOrNothing("memory", "Memory by kind", [
    ["Kind", false, row => row.name], ["Size", true, row => bytes(row.bytes)],
    ["Share", false, row => element("meter", { min: 0, max: most, value: row.bytes, "aria-label": row.name })],
  ], memory.kinds);
  tableOrNothing("databases", "Databases", [
    ["Database", false, row => row.index], ["Keys", true, row => count(row.keys)],
    ["Expiring", true, row => count(row.expiring)],
  ], state.databases);
  tableOrNothing("slow", "Slow log", withKey(state.slow, [
    ["Time", false, row => clock(row.at * 1000)], ["Duration", true, row => `${count(row.micros)} µs`],
    ["Command", false, row => row.command], ["Arguments", true, row => row.arguments],
  ]), state.slow);
  showKeys(state);
}

/** Adds a column for the names of keys if the server shows them (page-show-keys). */
function withKey(rows, columns) {
  return rows.some(row => row.key !== undefined) ? [...columns, ["Key", false, row => row.key]] : columns;
}

function showKeys(state) {
  tableOrNothing("hot", "Hot keys", withKey(state.hotKeys, [
    ["Share of keys", true, row => `${row.percent.toFixed(1)} %`], ["Last command", false, row => row.command],
    ["Database", true, row => row.database],
  ]), state.hotKeys);
  byId("big-seen").textContent = `Found by passes over the keys while a page is open; the present one has seen `
    + `${count(state.keysSeen)} of ${count(state.keys)}.`;
  tableOrNothing("big", "Big keys", withKey(state.bigKeys, [
    ["Size", true, row => bytes(row.bytes)], ["Type", false, row => row.type],
    ["Database", true, row => row.database],
  ]), state.bigKeys);
}

function showClients(state) {
  tableOrNothing("clients", "Clients", [
    ["Address", false, row => row.address], ["Name", false, row => row.name],
    ["User", false, row => row.user], ["Last command", false, row => row.command],
    ["Age", true, row => `${row.age} s`], ["Idle", true, row => `${row.idle} s`],
    ["Flags", false, row => row.flags], ["Output", true, row => bytes(row.output)],
  ], state.clients);
}

function actionsOf(state) {
  const cli = `redis-cli -p ${state.port}`;
  if (state.kind === "sentinel") {
    return [
      ...state.groups.flatMap(group => [
        `${cli} sentinel ckquorum ${group.name}`, `${cli} sentinel failover ${group.name}`]),
      `${cli} sentinel doctor`];
  }
  return [
    `${cli} info`, `${cli} bgsave`, `${cli} memory doctor`, `${cli} slowlog get 10`,
    state.role === "replica" ? `${cli} replicaof no one` : `${cli} failover`];
}

function showActions(state) {
  const lines = actionsOf(state);
  const list = byId("actions");
  if (list.dataset.lines === lines.join("\n")) {
    return; // keeps the focus on a button
  }
  list.dataset.lines = lines.join("\n");
  list.replaceChildren(...lines.map(line => {
    const button = element("button", { type: "button", "aria-label": `Copy ${line}` }, "Copy");
    button.addEventListener("click", () => copy(line));
    return element("li", {}, button, element("code", {}, line));
  }));
}

async function copy(line) {
  try {
    await navigator.clipboard.writeText(line);
    byId("copied").textContent = `Copied: ${line}`;
  } catch {
    byId("copied").textContent = "The browser did not allow copying; select the line instead.";
  }
}

function clock(millis) {
  return new Date(millis).toLocaleTimeString("en-GB");
}

function show(state) {
  const title = `${state.kind === "sentinel" ? "Sentinel" : "Server"}, port ${state.port}`;
  byId("kind").textContent = state.kind === "sentinel" ? title : `${title}: ${state.role}`;
  document.title = `${title} - Redoubt`;
  byId("version").textContent = state.version;
  pill("ready", state.unready ? `not ready: ${state.unready}` : "ready", state.unready ? "bad" : "good");
  pill("live", "live", "good");
  for (const section of document.querySelectorAll(".server")) {
    section.hidden = state.kind !== "server";
  }
  draw(byId("topology"), state.groups);
  if (state.kind === "server") {
    showServer(state);
  }
  showClients(state);
  showActions(state);
  byId("findings").replaceChildren(...state.findings.map(line => element("li", {}, line)));
  byId("no-findings").hidden = state.findings.length > 0;
  last = state;
  lastMillis = Date.now();
}

function phases(event) {
  const spans = Object.entries(event.phases).map(([name, millis]) => {
    const span = element("span", {}, `${name} ${duration(millis)}`);
    span.style.flexGrow = Math.max(1, millis);
    return span;
  });
  return element("div", { class: "phases" }, ...spans);
}

function happened(event) {
  const kind = GOOD.includes(event.type) ? "good" : BAD.includes(event.type) ? "bad" : "";
  const text = event.before ? `${event.before} → ${event.text}` : event.text;
  const lasted = event.lasted === undefined ? "" : ` (after ${duration(event.lasted)})`;
  const item = element("li", {},
    element("time", { datetime: new Date(event.at).toISOString() }, clock(event.at)),
    element("b", { class: kind }, event.type), text + lasted);
  if (event.phases) {
    item.append(phases(event));
  }
  const list = byId("events");
  list.prepend(item);
  while (list.children.length > MAX_EVENTS) {
    list.lastChild.remove();
  }
  byId("no-events").hidden = true;
}

const source = new EventSource("events");
source.addEventListener("open", () => byId("events").replaceChildren()); // all kept ones are sent again
source.addEventListener("state", message => show(JSON.parse(message.data)));
source.addEventListener("happened", message => happened(JSON.parse(message.data)));
source.addEventListener("error", () => pill("live", "not live: connecting again", "warn"));
setInterval(() => {
  if (lastMillis && Date.now() - lastMillis > STALE_MILLIS) {
    pill("live", `not live: last state ${Math.round((Date.now() - lastMillis) / 1000)} s ago`, "warn");
  }
}, 1000);
addEventListener("resize", () => last && draw(byId("topology"), last.groups));
