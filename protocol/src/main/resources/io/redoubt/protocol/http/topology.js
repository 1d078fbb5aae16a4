// Draws a replication group: the master above its replicas, chains downwards, sentinels below.

import { bytes, duration, element, svg } from "./dom.js";

const BOX_WIDTH = 176;
const BOX_HEIGHT = 66;
const GAP = 14;
const ROW = BOX_HEIGHT + 46;
const BEND = 40;
const BAD = ["odown", "sdown", "link down"];

function quality(state) {
  return state === "ok" ? "good" : BAD.includes(state) ? "bad" : "warn";
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

function short(text, most) {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function box(x, y, title, state, line, details, isSelf) {
  const kind = quality(state);
  return svg("g", { transform: `translate(${x} ${y})` },
    svg("rect", { class: `box ${kind}${isSelf ? " self" : ""}`, width: BOX_WIDTH, height: BOX_HEIGHT, rx: 7 }),
    svg("text", { x: 9, y: 19 }, short(title, 25)),
    svg("text", { x: 9, y: 38, class: kind }, short(line, 26)),
    svg("text", { x: 9, y: 56, class: "small" }, short(details, 31)));
}

/** Draws a line to the next row down, or around the rows between, so that they don't look like a chain. */
function edge(from, to, isBroken) {
  if (to.y - from.y > ROW) {
    const [left, top, bottom] = [Math.min(from.x, to.x) - BEND, from.y + BOX_HEIGHT / 2, to.y + BOX_HEIGHT / 2];
    return svg("path", {
      class: isBroken ? "edge broken" : "edge",
      d: `M${from.x} ${top} C${left} ${top} ${left} ${bottom} ${to.x} ${bottom}`,
    });
  }
  const middle = (from.y + BOX_HEIGHT + to.y) / 2;
  const start = from.x + BOX_WIDTH / 2;
  const end = to.x + BOX_WIDTH / 2;
  return svg("path", {
    class: isBroken ? "edge broken" : "edge",
    d: `M${start} ${from.y + BOX_HEIGHT} C${start} ${middle} ${end} ${middle} ${end} ${to.y}`,
  });
}

function nodeDetails(node) {
  const offset = node.offset ? `offset ${node.offset}` : "";
  const lag = node.lagMillis === undefined ? "" : `, ack ${duration(node.lagMillis)} ago`;
  const behind = node.lagBytes ? `, ${bytes(node.lagBytes)} behind` : "";
  return `${offset}${behind || lag}`;
}

function sentinelDetails(sentinel) {
  if (sentinel.silentMillis !== undefined) { // a server hears their announcements only
    return `announced ${duration(sentinel.silentMillis)} ago`;
  }
  const vote = sentinel.vote ? `voted for ${sentinel.vote}` : "";
  return sentinel.masterDown ? `master down${vote ? "; " : ""}${vote}` : vote;
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

function picture(group, width) {
  const most = Math.max(1, Math.floor((width + GAP) / (BOX_WIDTH + GAP)));
  const layers = rows(group.nodes, most);
  const sentinelRows = chunks(group.sentinels, most);
  const places = new Map();
  layers.forEach((layer, row) => layer.forEach((node, column) => {
    const left = (width - layer.length * (BOX_WIDTH + GAP) + GAP) / 2;
    places.set(node.id, { x: left + column * (BOX_WIDTH + GAP), y: 2 + row * ROW });
  }));
  const sentinelTop = layers.length * ROW;
  const height = sentinelTop + sentinelRows.length * (BOX_HEIGHT + GAP) + (sentinelRows.length ? 10 : 0);
  const label = summary(group);
  const drawing = svg("svg", { role: "img", "aria-label": label, width, height, viewBox: `0 0 ${width} ${height}` });
  for (const node of group.nodes) {
    const from = places.get(node.of);
    if (from) {
      drawing.append(edge(from, places.get(node.id), node.state !== "ok"));
    }
  }
  for (const node of group.nodes) {
    const { x, y } = places.get(node.id);
    const line = node.state === "ok" ? node.role : `${node.role}: ${node.state}`;
    drawing.append(box(x, y, node.id, node.state, line, nodeDetails(node), node.self));
  }
  if (sentinelRows.length) {
    drawing.append(svg("text", { x: 0, y: sentinelTop - 2, class: "small" }, "Sentinels"));
  }
  sentinelRows.forEach((row, line) => row.forEach((sentinel, column) => {
    const left = (width - row.length * (BOX_WIDTH + GAP) + GAP) / 2;
    drawing.append(box(
      left + column * (BOX_WIDTH + GAP), sentinelTop + 6 + line * (BOX_HEIGHT + GAP),
      sentinel.id, sentinel.state, sentinel.state, sentinelDetails(sentinel), sentinel.self));
  }));
  return drawing;
}

/** Shows the groups of a state in a container, as wide as that is. */
export function draw(container, groups) {
  const width = Math.max(BOX_WIDTH + 4, Math.floor(container.clientWidth));
  const parts = groups.flatMap(group => {
    const title = group.name
      ? [element("h3", {}, `${group.name}: quorum ${group.quorum}, epoch ${group.epoch}`
          + (group.failover && group.failover !== "none" ? `, failover: ${group.failover}` : "")
          + (votes(group) ? `, votes: ${votes(group)}` : ""))]
      : [];
    return [...title, picture(group, width)];
  });
  container.replaceChildren(...parts);
}
