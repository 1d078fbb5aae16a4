// Lines for a shell, with the way to the server that they are for.

import { element } from "./dom.js";

/** Returns a word as a shell takes it. */
function quoted(word) {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Returns the host of the process: the one of the page's address if the process listens there. */
function hostOf(shell) {
  const own = location.hostname.replace(/^\[|\]$/g, "");
  return shell.hosts.length === 0 || shell.hosts.includes(own) ? own : shell.hosts[0];
}

function loginOf(user) {
  return !user ? [] : user === "default" ? ["--askpass"] : ["--user", user, "--askpass"];
}

function lineOf(action, shell, user) {
  const isSocket = shell.options[0] === "-s";
  const words = ["redis-cli"];
  if (action.host) { // another process of the group
    words.push("-h", action.host, "-p", String(action.port), ...(isSocket ? [] : shell.options));
  } else {
    words.push(...(isSocket ? [] : ["-h", hostOf(shell), "-p", String(shell.port)]), ...shell.options, ...loginOf(user));
  }
  return [...words, ...action.words].map(quoted).join(" ");
}

async function copy(line, result) {
  try {
    await navigator.clipboard.writeText(line);
    result.textContent = `Copied: ${line}`;
  } catch {
    result.textContent = "The browser did not allow copying; select the line instead.";
  }
}

/** Shows the actions of a state in a list. */
export function showActions(list, result, state, user) {
  const lines = state.actions.map(action => lineOf(action, state.shell, user));
  if (list.dataset.lines === lines.join("\n")) {
    return; // keeps the focus on a button
  }
  list.dataset.lines = lines.join("\n");
  list.replaceChildren(...lines.map(line => {
    const button = element("button", { type: "button", "aria-label": `Copy ${line}` }, "Copy");
    button.addEventListener("click", () => copy(line, result));
    return element("li", {}, button, element("code", {}, line));
  }));
}
