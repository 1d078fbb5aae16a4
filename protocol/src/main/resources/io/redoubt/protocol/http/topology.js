// Draws replication groups: the master above its replicas, chains downwards, sentinels below; and the shards of a cluster.

import { bytes, count, duration, element, svg } from "./dom.js";

const MIN_WIDTH = 150;
const MAX_WIDTH = 340;
const DETAILS_WIDTH = 230;
const PADDING = 10;
const LINE = 18;
const GAP = 14;
const BEND = 40;
const BAD = ["odown", "sdown", "link down", "failed", "no link"];
const UNKNOWN = ["silent", "gone", "unknown"];
const MAX_DETAILS = 2;

/** Returns true if a process does not answer. */
export function isSilent(node) {
  return UNKNOWN.includes(node.state) || BAD.includes(node.state);
}

function quality(state) {
  return state === "ok" ? "good" : UNKNOWN.includes(state) ? "unknown" : BAD.includes(state) ? "bad" : "warn";
}

const context = document.createElement("canvas").getContext("2d");

/** Returns a function for the width of a text of a class of the drawing. */
function ruler() {
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const fonts = { "": `${rem * .8}px system-ui, sans-serif`, small: `${rem * .72}px system-ui, sans-serif` };
  return (text, kind = "") => {
    context.font = fonts[kind];
    return context.measureText(text).width * 1.03; // fonts are drawn at other sizes than they are measured
  };
}

/** Shortens a text in the middle, so that the port at its end remains. */
function shortened(text, most, widthOf) {
  if (widthOf(text) <= most) {
    return text;
  }
  let kept = text.length;
  let short = text;
  while (kept > 2 && widthOf(short) > most) {
    kept--;
    const end = Math.min(12, Math.floor(kept / 2));
    short = `${text.slice(0, kept - end)}…${text.slice(text.length - end)}`;
  }
  return short;
}

/** Returns the lines of a text that fit a width, the last one shortened. */
function wrapped(text, most, widthOf) {
  const lines = [];
  for (const word of text.split(" ").filter(each => each)) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && (widthOf(longer) <= most || lines.length === MAX_DETAILS)) {
      lines[lines.length - 1] = longer;
    } else {
      lines.push(word);
    }
  }
  return lines.map(line => shortened(line, most, widthOf));
}

/** Returns the nodes in rows by their distance from the master, each row at most `most` wide. */
function rows(nodes, most) {
  const byId = new Map(nodes.map(node => [node.id, node]));
  const depth = node => {
    let steps = 0;
    for (let at = node; at && at.of && byId.has(at.of) && steps < nodes.length; at = byId.get(at.of)) {
      steps++;
    }
    return steps > 0 || node.role === "master" ? steps : 1;
  };
  const levels = [];
  for (const node of nodes) {
    (levels[depth(node)] ??= []).push(node);
  }
  return levels.filter(level => level).flatMap(level => chunks(level, most));
}

function chunks(list, most) {
  const parts = [];
  for (let i = 0; i < list.length; i += most) {
    parts.push(list.slice(i, i + most));
  }
  return parts;
}

function stateText(node) {
  const silence = node.silentMillis === undefined ? "" : ` for ${duration(node.silentMillis)}`;
  return { ok: "", silent: `no answer${silence}`, gone: `gone${silence}`, sdown: `down${silence}`, odown: `down${silence}` }[node.state]
    ?? node.state;
}

function nodeLine(node) {
  const state = stateText(node);
  return state ? `${node.role}: ${state}` : node.role;
}

function nodeDetails(node) {
  const offset = node.offset ? `offset ${count(node.offset)}` : "";
  const lag = node.lagBytes === undefined || node.state !== "ok" ? "" : `${bytes(node.lagBytes)} behind`;
  return [offset, lag].filter(each => each).join(", ");
}

function sentinelLine(sentinel) {
  return stateText(sentinel) || "ok";
}

function sentinelDetails(sentinel) {
  const vote = sentinel.vote ? `voted for ${sentinel.vote}` : "";
  const announced = sentinel.vote === undefined && sentinel.state === "ok"
    ? `announced ${duration(sentinel.silentMillis ?? 0)} ago` : ""; // a server hears their announcements only
  return [sentinel.masterDown ? "finds the master down" : "", vote, announced].filter(each => each).join(", ");
}

/** Returns the candidates of the last election with their votes, the most voted first. */
function votes(group) {
  const counts = new Map();
  for (const { vote } of group.sentinels) {
    if (vote) {
      counts.set(vote, (counts.get(vote) ?? 0) + 1);
    }
  }
  return [...counts].sort(([, a], [, b]) => b - a)
    .map(([name, number]) => `${number} of ${group.sentinels.length} for ${name}`).join(", ");
}

/** One sentence for a reader who does not see the picture. */
function summary(group) {
  const nodes = group.nodes.map(node => `${node.role} ${node.id} ${node.state}${node.of ? ` follows ${node.of}` : ""}`);
  const sentinels = group.sentinels.map(each => `sentinel ${each.id} ${each.state} ${sentinelDetails(each)}`);
  return [...nodes, ...sentinels].join("; ");
}

/** The boxes of a group, all of one size: as wide as their texts need, within the limits of the page. */
class Boxes {
  constructor(group, available) {
    const widthOf = ruler();
    const texts = [
      ...group.nodes.map(node => [node, nodeLine(node), nodeDetails(node)]),
      ...group.sentinels.map(sentinel => [sentinel, sentinelLine(sentinel), sentinelDetails(sentinel)])];
    const needed = texts.map(([{ id }, line, details]) =>
      Math.max(widthOf(id), widthOf(line), Math.min(DETAILS_WIDTH, widthOf(details, "small"))));
    const most = Math.min(MAX_WIDTH, available - 4);
    this.width = Math.ceil(Math.min(most, Math.max(MIN_WIDTH, ...needed) + 2 * PADDING));
    const inner = this.width - 2 * PADDING;
    this.texts = new Map(texts.map(([item, line, details]) => [item, {
      title: shortened(item.id, inner, widthOf),
      lines: wrapped(line, inner, widthOf),
      details: wrapped(details, inner, text => widthOf(text, "small")),
    }]));
    const rows = [...this.texts.values()].map(({ lines, details }) => 1 + lines.length + details.length);
    this.height = LINE * Math.max(3, ...rows) + 10;
    this.rowHeight = this.height + 44;
  }

  draw(item, x, y) {
    const kind = quality(item.state);
    const { title, lines, details } = this.texts.get(item);
    const texts = [...lines.map(text => [text, kind]), ...details.map(text => [text, "small"])];
    return svg("g", { transform: `translate(${x} ${y})`, class: "node" },
      svg("title", {}, `${item.id}: ${item.state}`),
      svg("rect", { class: `box ${kind}${item.self ? " self" : ""}`, width: this.width, height: this.height, rx: 7 }),
      svg("text", { x: PADDING, y: LINE }, title),
      ...texts.map(([text, type], i) => svg("text", { x: PADDING, y: LINE * (i + 2), class: type }, text)));
  }

  /** Draws a line to the next row down, or around the rows between, so that they don't look like a chain. */
  edge(from, to, isBroken) {
    const kind = isBroken ? "edge broken" : "edge";
    if (to.y - from.y > this.rowHeight) {
      const [left, top, bottom] = [Math.min(from.x, to.x) - BEND, from.y + this.height / 2, to.y + this.height / 2];
      return svg("path", { class: kind, d: `M${from.x} ${top} C${left} ${top} ${left} ${bottom} ${to.x} ${bottom}` });
    }
    const middle = (from.y + this.height + to.y) / 2;
    const start = from.x + this.width / 2;
    const end = to.x + this.width / 2;
    return svg("path", { class: kind, d: `M${start} ${from.y + this.height} C${start} ${middle} ${end} ${middle} ${end} ${to.y}` });
  }
}

function picture(group, available, isShard) {
  const boxes = new Boxes(group, available);
  const margin = group.nodes.length > 2 && available - boxes.width >= 2 * BEND ? BEND : 0;
  const fitting = Math.max(1, Math.floor((available - 2 * margin + GAP) / (boxes.width + GAP)));
  const most = isShard ? 1 : fitting;
  const layers = rows(group.nodes, most);
  const sentinelRows = chunks(group.sentinels, fitting);
  const widest = Math.max(...layers.map(layer => layer.length), ...sentinelRows.map(row => row.length), 1);
  const width = isShard ? Math.min(available, widest * (boxes.width + GAP) - GAP + 4 + 2 * margin) : available;
  const leftOf = row => (width - row.length * (boxes.width + GAP) + GAP) / 2;
  const places = new Map();
  layers.forEach((layer, row) => layer.forEach((node, column) => {
    places.set(node.id, { x: leftOf(layer) + column * (boxes.width + GAP), y: 2 + row * boxes.rowHeight });
  }));
  const sentinelTop = layers.length * boxes.rowHeight;
  const height = sentinelRows.length
    ? sentinelTop + sentinelRows.length * (boxes.height + GAP) + 10
    : sentinelTop - boxes.rowHeight + boxes.height + 6;
  const drawing = svg("svg", { role: "img", "aria-label": summary(group), width, height, viewBox: `0 0 ${width} ${height}` });
  for (const node of group.nodes) {
    const from = places.get(node.of);
    if (from) {
      drawing.append(boxes.edge(from, places.get(node.id), node.state !== "ok"));
    }
  }
  for (const node of group.nodes) {
    const { x, y } = places.get(node.id);
    drawing.append(boxes.draw(node, x, y));
  }
  if (sentinelRows.length) {
    drawing.append(svg("text", { x: 0, y: sentinelTop - 6, class: "small" }, "Sentinels"));
  }
  sentinelRows.forEach((row, line) => row.forEach((sentinel, column) => {
    drawing.append(boxes.draw(sentinel, leftOf(row) + column * (boxes.width + GAP), sentinelTop + 2 + line * (boxes.height + GAP)));
  }));
  return drawing;
}

function titleOf(group) {
  if (group.name) {
    return `${group.name}: quorum ${group.quorum}, epoch ${group.epoch}`
      + (group.failover && group.failover !== "none" ? `, failover: ${group.failover}` : "")
      + (votes(group) ? `, votes: ${votes(group)}` : "");
  }
  if (group.slotCount === undefined) {
    return "";
  }
  return group.slotCount ? `slots ${group.slots} (${count(group.slotCount)})` : "no slots";
}

/** Returns a group whose processes are all unknown. */
function unknown(group) {
  const hidden = item => ({ ...item, state: "unknown", silentMillis: undefined, lagBytes: undefined });
  return { ...group, nodes: group.nodes.map(hidden), sentinels: group.sentinels.map(hidden) };
}

/** Shows the groups of a state in a container, as wide as that is; all unknown if the state is not live. */
export function draw(container, groups, isLive = true) {
  const available = Math.max(MIN_WIDTH + 4, Math.floor(container.clientWidth));
  const shards = groups.some(group => group.slotCount !== undefined);
  container.classList.toggle("shards", shards);
  container.replaceChildren(...groups.map(group => {
    const title = titleOf(group);
    return element("div", { class: "group" },
      ...(title ? [element("h3", {}, title)] : []),
      picture(isLive ? group : unknown(group), available, shards));
  }));
}
