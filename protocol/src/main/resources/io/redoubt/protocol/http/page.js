// The page of one process: takes states and events from its server and shows them.

import { showActions } from "./actions.js";
import { Curve } from "./charts.js";
import { connect } from "./connection.js";
import { bytes, clock, count, duration, element, micros, seconds, table } from "./dom.js";
import { addEvent } from "./timeline.js";
import { draw, isSilent } from "./topology.js";

const SAME_MILLIS = 200;
const MAX_NAMED = 3;
const MAX_NAME = 64;
const HIDDEN_NAMES = "CONFIG SET page-show-keys yes";

const byId = id => document.getElementById(id);
const rate = name => (now, before, time) => (now.totals[name] - before.totals[name]) / time;
const curves = [
  new Curve("Commands a second", rate("commands"), count),
  new Curve("Received a second", rate("input"), bytes, { base: 1024 }),
  new Curve("Sent a second", rate("output"), bytes, { base: 1024 }),
  new Curve("Loop busy", (now, before, time) => Math.min(100, rate("busyNanos")(now, before, time) / 1e7),
    percent => `${percent.toFixed(0)} %`, { top: 100 }),
];

let last = null; // the last state
let sampled = null; // the last sample of the curves
let isLive = false;
let user = "";

/** Shortens a name that a client chose, in the middle. */
function short(text) {
  return text.length > MAX_NAME ? `${text.slice(0, MAX_NAME - 21)}…${text.slice(-20)}` : text;
}

function pill(id, text, kind) {
  const node = byId(id);
  if (node.textContent !== text) {
    node.textContent = text;
  }
  node.className = `pill ${kind}`;
}

/** Replaces a part unless the user has selected something in it. */
function replace(id, ...children) {
  const node = byId(id);
  const selection = document.getSelection();
  if (!(selection && !selection.isCollapsed && node.contains(selection.anchorNode))) {
    node.replaceChildren(...children);
  }
}

function setText(id, text) {
  if (byId(id).textContent !== text) {
    byId(id).textContent = text;
  }
}

function tableOrNothing(id, caption, columns, rows) {
  byId(id).closest("section").classList.toggle("empty", !rows.length);
  replace(id, rows.length
    ? table(caption, columns, rows)
    : element("p", { class: "quiet" }, "None."));
}

function sample(next) {
  if (sampled && next.at - sampled.at > SAME_MILLIS) {
    curves.forEach(curve => curve.add(next, sampled));
  }
  if (!sampled || next.at - sampled.at > SAME_MILLIS) {
    sampled = next;
  }
}

/** Takes the samples of the last minutes, which the server has kept. */
function remember({ names, samples }) {
  curves.forEach(curve => curve.clear());
  sampled = null;
  for (const values of samples) {
    const totals = Object.fromEntries(names.map((name, i) => [name, values[i]]));
    sample({ at: totals.at, totals });
  }
}

function showServer(state) {
  sample(state);
  replace("charts", ...curves.map(curve => curve.draw()));
  const { totals, memory } = state;
  const reads = totals.hits + totals.misses;
  const figures = [
    ["Clients", count(totals.clients)], ["Blocked", count(totals.blocked)],
    ["Hits", reads ? `${(100 * totals.hits / reads).toFixed(1)} %` : "no reads"],
    ["Expired", count(totals.expired)], ["Evicted", count(totals.evicted)],
    ["Longest turn", duration(totals.longestNanos / 1e6)],
  ];
  replace("figures", ...figures.map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, value))));
  tableOrNothing("commands", "Commands", [
    ["Command", false, row => row.name], ["Calls", true, row => count(row.calls)],
    ["Time", true, row => micros(row.micros)],
    ["p50", true, row => micros(row.p50)], ["p99", true, row => micros(row.p99)], ["p99.9", true, row => micros(row.p999)],
    ["Failed", true, row => count(row.failed)], ["Rejected", true, row => count(row.rejected)],
  ], state.commands);
  setText("memory-sum", `${bytes(memory.used)} used`
    + (memory.limit ? ` of ${bytes(memory.limit)}` : "") + `, ${bytes(memory.resident)} resident.`);
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
    ["Time", false, row => clock(row.at * 1000)], ["Duration", true, row => micros(row.micros)],
    ["Command", false, row => row.command], ["Arguments", true, row => count(row.arguments)],
  ]), state.slow);
  showKeys(state);
}

/** Adds a column for the names of keys if the server shows them (page-show-keys). */
function withKey(rows, columns) {
  return rows.some(row => row.key !== undefined) ? [...columns, ["Key", false, row => short(row.key)]] : columns;
}

function showKeys(state) {
  tableOrNothing("hot", "Hot keys", withKey(state.hotKeys, [
    ["Share", true, row => `${row.percent.toFixed(1)} %`], ["Last command", false, row => row.command],
    ["Database", true, row => row.database],
  ]), state.hotKeys);
  setText("big-seen", "Found by passes over the keys while a page is open; the present one has seen "
    + `${count(state.keysSeen)} of ${count(state.keys)}.`);
  tableOrNothing("big", "Big keys", withKey(state.bigKeys, [
    ["Size", true, row => bytes(row.bytes)], ["Type", false, row => row.type],
    ["Database", true, row => row.database],
  ]), state.bigKeys);
  for (const node of document.querySelectorAll(".hidden-names")) {
    if (state.showsKeys !== (node.childElementCount === 0)) {
      node.replaceChildren(...(state.showsKeys
        ? [] : ["Names of keys are hidden: ", element("code", {}, HIDDEN_NAMES), " shows them."]));
    }
  }
}

function showClients(state) {
  tableOrNothing("clients", "Clients", [
    ["Address", false, row => row.address], ["Name", false, row => short(row.name)],
    ["User", false, row => short(row.user)], ["Last command", false, row => row.command],
    ["Age", true, row => seconds(row.age)], ["Idle", true, row => seconds(row.idle)],
    ["Flags", false, row => row.flags], ["Output", true, row => bytes(row.output)],
  ], state.clients);
}

function showFindings(state) {
  replace("findings", ...state.findings.map(({ doctor, text }) =>
    element("li", {}, element("b", {}, doctor), " ", text)));
  const doctors = state.doctors.join(", ");
  setText("no-findings", state.findings.length ? `Asked: ${doctors}.` : `Nothing was found by ${doctors}.`);
}

function showCluster({ cluster }) {
  byId("cluster").hidden = !cluster;
  if (cluster) {
    setText("cluster", `Cluster state ${cluster.state}; ${count(cluster.slotsAssigned)} of 16,384 slots assigned; `
      + `${count(cluster.nodes)} nodes, ${count(cluster.masters)} masters with slots; epoch ${cluster.epoch}`
      + (cluster.hiddenShards ? `; ${count(cluster.hiddenShards)} more shards are not drawn.` : "."));
  }
}

/** Returns a sentence on the processes that don't answer, empty if all do. */
function silentPeers(state) {
  const silent = new Map(state.groups.flatMap(group => [...group.nodes, ...group.sentinels])
    .filter(isSilent).map(node => [node.id, node]));
  const masters = node => (node.role === "master" ? 0 : 1);
  const names = [...silent.values()].sort((a, b) => masters(a) - masters(b)).slice(0, MAX_NAMED).map(({ id, silentMillis }) =>
    short(id) + (silentMillis === undefined ? "" : ` (${duration(silentMillis)})`));
  return !names.length ? "" : `No answer from ${names.join(", ")}`
    + (silent.size > MAX_NAMED ? ` and ${silent.size - MAX_NAMED} more.` : ".");
}

function showBanner(text, kind) {
  const banner = byId("banner");
  setText("banner", text);
  banner.className = kind;
  banner.hidden = !text;
}

function show(state) {
  const title = `${state.kind === "sentinel" ? "Sentinel" : "Server"}, port ${state.shell.port || state.port}`;
  setText("kind", state.kind === "sentinel" ? title : `${title}: ${state.role}`);
  document.title = `${title} - Redoubt`;
  setText("version", state.version);
  setText("sentence", state.sentence);
  pill("ready", state.unready ? `not ready: ${state.unready}` : "ready", state.unready ? "bad" : "good");
  pill("live", "live", "good");
  document.body.classList.remove("lost", "empty");
  isLive = true;
  last = state;
  showBanner(silentPeers(state), "warn");
  for (const section of document.querySelectorAll(".server")) {
    section.hidden = state.kind !== "server";
  }
  showCluster(state);
  draw(byId("topology"), state.groups);
  if (state.kind === "server") {
    showServer(state);
  }
  showClients(state);
  showActions(byId("actions"), byId("copied"), state, user);
  byId("paths").hidden = !state.shell.options.some(option => option.startsWith("/"));
  showFindings(state);
}

/** Shows that nothing is known any more: the last state remains, in grey. */
function lost(text, lastMillis) {
  const since = lastMillis ? ` The state below is ${duration(Date.now() - lastMillis)} old, of ${clock(lastMillis)}.` : "";
  showBanner(text + since, "bad");
  pill("ready", "unknown", "unknown");
  pill("live", "not live", "bad");
  document.body.classList.add("lost");
  if (last) {
    document.title = `Unknown - ${document.title.replace(/^Unknown - /, "")}`;
    setText("sentence", `Unknown since ${clock(lastMillis)}. Before: ${last.sentence}`);
    if (isLive) {
      isLive = false;
      draw(byId("topology"), last.groups, false);
    }
  }
}

connect({
  lost,
  open: () => byId("events").replaceChildren(), // all kept ones are sent again
  viewer: viewer => {
    user = viewer.user;
  },
  history: remember,
  happened: event => {
    addEvent(byId("events"), event);
    byId("no-events").hidden = true;
  },
  state: show,
});
addEventListener("resize", () => last && draw(byId("topology"), last.groups, isLive));
