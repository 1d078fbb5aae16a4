// Helpers that create elements. Texts come from clients, so they only ever become text nodes.

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
 * Returns a table in a region that scrolls by itself on a narrow screen.
 * columns: [title, is a number, value of a row]
 */
export function table(caption, columns, rows) {
  const head = columns.map(([title, isNumber]) =>
    element("th", { scope: "col", class: isNumber ? "number" : "" }, title));
  const body = rows.map(row =>
    element("tr", {}, ...columns.map(([, isNumber, value]) =>
      element("td", { class: isNumber ? "number" : "" }, value(row)))));
  return element(
    "div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${caption}, table` },
    element("table", {},
      element("caption", {}, caption),
      element("thead", {}, element("tr", {}, ...head)),
      element("tbody", {}, ...body)));
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
  return `${number.toFixed(unit === 0 ? 0 : 1)} ${units[unit]}`;
}

export function duration(millis) {
  return millis < 10000 ? `${Math.round(millis)} ms` : `${Math.round(millis / 1000)} s`;
}
