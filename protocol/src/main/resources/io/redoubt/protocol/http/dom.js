// Helpers that create elements and format numbers. Texts come from clients, so they only ever become text nodes.

const MOST_COLUMNS = 5; // of a table on a narrow screen
const SVG = "http://www.w3.org/2000/svg";

export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    node.setAttribute(key, value);
  }
  node.append(...children.map(child => (child instanceof Node ? child : String(child))));
  return node;
}

/**
 * Returns a table. Rows with many columns become short paragraphs on a narrow screen.
 * columns: [title, is a number, value of a row]
 */
export function table(caption, columns, rows) {
  const head = columns.map(([title, isNumber]) =>
    element("th", { scope: "col", class: isNumber ? "number" : "" }, title));
  const body = rows.map(row =>
    element("tr", {}, ...columns.map(([title, isNumber, value]) =>
      element("td", { class: isNumber ? "number" : "", "data-title": title }, value(row)))));
  return element("table", { class: columns.length > MOST_COLUMNS ? "broad" : "" },
    element("caption", {}, caption),
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...body));
}

/** Returns a number with three significant digits, or all digits before the point. */
function significant(number) {
  return number >= 100 ? Math.round(number).toLocaleString("en") : String(Number(number.toPrecision(3)));
}

export function count(number) {
  return Math.round(number).toLocaleString("en");
}

export function bytes(number) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let unit = 0;
  while (Math.abs(number) >= 1024 && unit < units.length - 1) {
    number /= 1024;
    unit++;
  }
  return `${number.toFixed(unit === 0 || number >= 100 ? 0 : 1)} ${units[unit]}`;
}

export function duration(millis) {
  if (millis < 1000) {
    return `${significant(millis)} ms`;
  }
  return millis < 120000 ? `${significant(millis / 1000)} s` : `${count(millis / 60000)} min`;
}

export function micros(number) {
  return number < 1000 ? `${significant(number)} µs` : duration(number / 1000);
}

export function seconds(number) {
  if (number < 120) {
    return `${number} s`;
  }
  const [unit, size] = number < 7200 ? ["min", 60] : number < 172800 ? ["h", 3600] : ["d", 86400];
  return `${count(Math.floor(number / size))} ${unit}`;
}

export function clock(millis) {
  return new Date(millis).toLocaleTimeString("en-GB");
}
