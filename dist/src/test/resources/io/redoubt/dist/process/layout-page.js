// Checks the layout of pages in headless Chromium, with states invented by the test.
// Arguments: address of the page, folder for screenshots, the browser. A line on standard output reports an
// observation to the test; a line on standard input resumes the script.

const path = require("node:path");
const readline = require("node:readline");
const puppeteer = require("puppeteer-core");
const axe = require("axe-core");

const [address, folder, browserPath] = process.argv.slice(2);
const LIMIT = 60000;
const WIDTHS = [1400, 400];
const input = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const problems = [];

function fail(text) {
  console.log(`FAILED: ${text}`);
  process.exit(1);
}

async function say(text) {
  console.log(text);
  await input.next();
}

async function until(page, what, condition, ...values) {
  await page.waitForFunction(condition, { timeout: LIMIT, polling: 100 }, ...values)
    .catch(async () => fail(`${what} is not shown:\n${await page.evaluate(() => document.body.innerText.slice(0, 2000))}`));
}

/** Returns what is wrong with the layout; runs in the page. */
function layoutProblems(isWide) {
  const found = [];
  const visible = [...document.body.querySelectorAll("*")].filter(each => each.checkVisibility() && !each.closest("svg, .skip, caption"));
  const name = each => `${each.tagName.toLowerCase()}#${each.id}.${each.className} ${each.textContent.trim().slice(0, 40)}`;
  for (const each of visible) {
    if (getComputedStyle(each).display !== "inline" && each.scrollWidth > each.clientWidth + 1) {
      found.push(`is cut or sticks out: ${name(each)}: ${each.scrollWidth} > ${each.clientWidth}`);
    }
    if (each.getBoundingClientRect().right > innerWidth + 1) {
      found.push(`is outside of the screen: ${name(each)}`);
    }
  }
  for (const node of document.querySelectorAll("g.node")) {
    const box = node.querySelector("rect").getBoundingClientRect();
    for (const text of node.querySelectorAll("text")) {
      const { left, right, top, bottom } = text.getBoundingClientRect();
      if (left < box.left || right > box.right || top < box.top || bottom > box.bottom) {
        found.push(`text runs out of its box: ${text.textContent}: ${left}-${right} in ${box.left}-${box.right}`);
      }
    }
  }
  const drawing = document.querySelector("#topology svg");
  if (!document.body.classList.contains("empty") && (!drawing || ![...document.querySelectorAll("g.node")].length)) {
    found.push("no topology");
  }
  for (const item of document.querySelectorAll("#actions li")) {
    const [button, code] = [item.querySelector("button"), item.querySelector("code")].map(each => each.getBoundingClientRect());
    if (code.left < button.right || Math.abs(code.top - button.top) > 10) {
      found.push(`Copy is not beside its line: ${item.textContent}`);
    }
  }
  if (isWide) {
    const boxes = [...document.querySelectorAll("main section")].filter(each => each.checkVisibility());
    const main = document.querySelector("main").getBoundingClientRect();
    for (const each of boxes) {
      const { top, bottom, height } = each.getBoundingClientRect();
      const across = boxes.map(other => other.getBoundingClientRect())
        .filter(other => other.top < (top + bottom) / 2 && other.bottom > (top + bottom) / 2)
        .reduce((sum, other) => sum + other.width, 0);
      if (across < main.width * .93) {
        found.push(`leaves a part of its row blank: ${name(each)}: ${across} of ${main.width}`);
      }
      const end = Math.max(...[...each.children].filter(child => child.checkVisibility()).map(child => child.getBoundingClientRect().bottom));
      if (end - top < height / 2) {
        found.push(`is blank in its lower half: ${name(each)}`);
      }
    }
  }
  return found;
}

async function check(page, name) {
  for (const scheme of ["light", "dark"]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    for (const width of WIDTHS) {
      await page.setViewport({ width, height: 900 });
      await page.evaluate(() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve))));
      const found = await page.evaluate(layoutProblems, width === WIDTHS[0]);
      await page.evaluate(axe.source);
      const result = await page.evaluate(() => window.axe.run());
      found.push(...result.violations.map(each =>
        `${each.id}: ${each.help}: ${each.nodes.map(node => node.html.slice(0, 120)).join(" | ")}`));
      problems.push(...found.map(each => `${name} ${scheme} ${width}: ${each}`));
      await page.screenshot({ path: path.join(folder, `${name}-${width}-${scheme}.png`), fullPage: true });
    }
  }
  await page.setViewport({ width: WIDTHS[0], height: 900 });
}

const has = (selector, ...texts) => {
  const all = [...document.querySelectorAll(selector)].map(each => each.textContent).join("\n");
  return texts.every(text => new RegExp(text).test(all));
};
const isLive = () => document.querySelector("#live").textContent === "live";
const isUnknown = text => document.querySelector("#ready").textContent === "unknown"
  && document.body.classList.contains("lost")
  && document.querySelector("#banner").checkVisibility()
  && new RegExp(text).test(document.querySelector("#banner").textContent);

async function main() {
  const browser = await puppeteer.launch({
    executablePath: browserPath, headless: true, args: ["--no-sandbox", "--disable-gpu"],
  });
  const open = async () => {
    const page = await browser.newPage();
    page.on("pageerror", error => problems.push(error.stack));
    await page.setViewport({ width: WIDTHS[0], height: 900 });
    await page.goto(address, { waitUntil: "domcontentloaded" });
    return page;
  };
  const page = await open();
  await until(page, "the sentence", has, "#sentence", "Master; 1 of 3 replicas in step, worst 2 KB behind");
  await until(page, "the silent peers", has, "#banner", "No answer from redis-production-cache-2.*4\\.32 s");
  await until(page, "durations", has, "#commands td", "1\\.5 µs", "^333 ms$|\n333 ms\n", "12\\.3 s");
  await until(page, "the time of a slow command", has, "#slow td", "333 ms");
  await until(page, "the axes", has, "#charts .chart", "highest [\\d,]+ at \\d", "5 min ago", "now");
  await until(page, "the last minutes", () => [...document.querySelectorAll("#charts .curve")]
    .every(curve => curve.getAttribute("d").split("L").length > 100));
  await until(page, "the directive that shows keys", has, ".hidden-names", "CONFIG SET page-show-keys yes");
  await until(page, "the doctors", has, "#findings, #no-findings", "MEMORY DOCTOR", "LATENCY DOCTOR");
  await until(page, "the action", has, "#actions code",
    "^redis-cli -h 10\\.1\\.2\\.3 -p 6390 --tls --cacert '/etc/my redis/ca\\.crt' bgsave$");
  await until(page, "the failover", has, "#events", "took 8,310 ms from the last valid reply of the old master", "election 5\\.2 s, 2 lost");
  await check(page, "server");
  await say("SERVER");
  await until(page, "the cluster", has, "#cluster", "Cluster state fail; 10,922 of 16,384 slots assigned");
  await until(page, "the slots", has, "#topology h3", "slots 0–5460, 6000, 7000–7001, … \\(5,461\\)");
  await check(page, "cluster");
  await say("CLUSTER");
  await until(page, "the sentinel", has, "#kind", "Sentinel");
  await until(page, "the quoted name", has, "#actions code", "sentinel failover 'my'\\\\''master; touch /tmp/x'$");
  await check(page, "sentinel");
  await say("SENTINEL"); // the test opens the maximum number of pages
  const late = await open();
  await until(late, "the limit of pages", isUnknown, "16 pages are open, and that is the most");
  await check(late, "full");
  await say("FULL"); // the test closes one
  await until(late, "the page after the others", isLive);
  await late.close();
  await say("OPEN"); // the test kills the server
  await page.bringToFront();
  await until(page, "the loss", isUnknown, "connection to this server is lost.*The state below is .* old");
  await until(page, "unknown processes", () => [...document.querySelectorAll("#topology .box")].every(box => box.classList.contains("unknown")));
  await until(page, "the sentence of the past", has, "#sentence", "Unknown since .* Before: mymaster");
  await check(page, "killed");
  await say("LOST"); // the test restarts it
  await until(page, "the server", isLive);
  await until(page, "what is known again", () => !document.body.classList.contains("lost") && document.querySelector("#topology .box.good"));
  await browser.close();
  if (problems.length) {
    fail([...new Set(problems)].join("\n"));
  }
  console.log("DONE");
  process.exit(0);
}

main().catch(error => fail(error.stack));
