// Watches the sentinels' pages in headless Chromium while the test kills and restarts the master.
// Arguments: addresses of the sentinels' pages with commas between, addresses of the master's and a replica's page, port of the
// master, folder for screenshots, the browser. A line on standard output reports an observation to the test; a line on
// standard input resumes the script.

const path = require("node:path");
const readline = require("node:readline");
const puppeteer = require("puppeteer-core");
const axe = require("axe-core");

const [sentinelPages, masterPage, serverPage, masterPort, folder, browserPath] = process.argv.slice(2);
const LIMIT = 40000;
const SIZES = [["wide", 1280, 900], ["phone", 390, 844]];
const input = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();

function fail(text) {
  console.log(`FAILED: ${text}`);
  process.exit(1);
}

async function open(browser, url, errors, mayBeLost = false) {
  const page = await browser.newPage();
  page.on("console", message => message.type() === "error" && !mayBeLost && errors.push(`${url}: ${message.text()}`));
  page.on("pageerror", error => errors.push(`${url}: ${error.message}`));
  page.on("requestfailed", request => !mayBeLost && errors.push(`${url}: ${request.url()} failed`));
  page.on("request", request => {
    if (!request.url().startsWith(url)) {
      errors.push(`${url}: a request to ${request.url()}`);
    }
  });
  await page.setViewport({ width: 1280, height: 900 });
  await page.goto(url, { waitUntil: "domcontentloaded" });
  return page;
}

/** Waits until a condition holds in the page, which is never loaded again. */
async function until(page, what, condition, ...values) {
  await page.waitForFunction(condition, { timeout: LIMIT, polling: 100 }, ...values)
    .catch(async () => fail(`${what} is not shown:\n${await page.evaluate(() => document.body.innerText)}`));
}

/** Waits until a condition holds in one of several pages, and returns that. */
async function first(pages, what, condition, ...values) {
  for (const end = Date.now() + LIMIT; Date.now() < end; await new Promise(resolve => setTimeout(resolve, 100))) {
    for (const page of pages) {
      if (await page.evaluate(condition, ...values)) {
        return page;
      }
    }
  }
  return fail(`${what} is not shown:\n${await pages[0].evaluate(() => document.body.innerText)}`);
}

async function violations(page, state) {
  await page.evaluate(axe.source);
  const result = await page.evaluate(() => window.axe.run());
  return result.violations.map(each =>
    `${state}: ${each.id}: ${each.help}: ${each.nodes.map(node => node.html.slice(0, 120)).join(" | ")}`);
}

async function picturesAndViolations(page, name) {
  const found = [];
  for (const scheme of ["light", "dark"]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    for (const [size, width, height] of SIZES) {
      await page.setViewport({ width, height });
      await new Promise(resolve => setTimeout(resolve, 400));
      const wider = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      if (wider) {
        found.push(`${name} ${size}: wider than the screen`);
      }
      found.push(...await violations(page, `${name} ${scheme} ${size}`));
      await page.screenshot({ path: path.join(folder, `${name}-${size}-${scheme}.png`), fullPage: true });
    }
  }
  await page.setViewport({ width: 1280, height: 900 });
  return found;
}

const hasEvent = type => [...document.querySelectorAll("#events b")].some(node => node.textContent === type);
const picture = (...parts) => {
  const label = document.querySelector("#topology svg")?.getAttribute("aria-label") ?? "";
  return parts.every(part => new RegExp(part).test(label));
};

const sentence = text => new RegExp(text).test(document.querySelector("#sentence").textContent);

async function main() {
  const errors = [];
  const browser = await puppeteer.launch({
    executablePath: browserPath, headless: true, args: ["--no-sandbox", "--disable-gpu"],
  });
  const pages = [];
  for (const address of sentinelPages.split(",")) {
    const sentinel = await open(browser, address, errors);
    await sentinel.evaluate(() => { window.neverLoadedAgain = true; });
    await until(sentinel, "the group", picture, `master 127.0.0.1:${masterPort} ok`, "replica .* ok.*replica .* ok");
    pages.push(sentinel);
  }
  const old = await open(browser, masterPage, errors, true);
  await until(old, "the state of the master", sentence, "^Master; 2 replicas in step");
  console.log("SHOWN");
  await input.next();
  await until(old, "that nothing is known of the killed master", () =>
    document.querySelector("#ready").textContent === "unknown" && document.body.classList.contains("lost")
      && document.querySelector("#banner").checkVisibility());
  // Only the leader is sure to detect the quorum itself: it may request the others' votes before they detect it.
  const page = await first(pages, "+elected-leader", hasEvent, "+elected-leader");
  await page.bringToFront();
  for (const type of ["+sdown", "+odown", "+vote-for-leader", "+switch-master"]) {
    await until(page, type, hasEvent, type);
  }
  await until(page, "the phases", hasEvent, "failover");
  await until(page, "the detection and the election", () => [...document.querySelectorAll("#events .legend")]
    .some(legend => /detection [\d.]+ s.*election [\d.]+ m?s.*promotion/.test(legend.textContent)));
  // Two of the three sentinels make a majority; the third may have voted too late.
  await until(page, "the votes", () => /[23] of 3 for/.test(document.querySelector("#topology h3")?.textContent));
  await until(page, "the new master", picture, `master 127.0.0.1:(?!${masterPort})\\d+ ok`);
  await until(page, "that the killed master does not answer", () =>
    /No answer from/.test(document.querySelector("#banner").textContent)
      && !document.querySelector("#topology svg").getAttribute("aria-label").includes("undefined"));
  await until(page, "the state of the new master", sentence, "mymaster: master .* is up; 1 of 2 replicas in step");
  console.log("SWITCHED");
  await input.next();
  await until(page, "the old master's return", picture, `replica 127.0.0.1:${masterPort} ok`);
  await until(old, "the old master, without loading its page again", () =>
    document.querySelector("#live").textContent === "live" && document.querySelector("#banner").hidden);
  await until(old, "its new role", sentence, "^Replica of .*in step");
  if (!await page.evaluate(() => window.neverLoadedAgain)) {
    fail("the page was loaded again");
  }
  const found = await picturesAndViolations(page, "sentinel");
  for (const each of [...pages, old]) {
    await each.close();
  }
  const server = await open(browser, serverPage, errors);
  await until(server, "the load", () => document.querySelectorAll("#commands tbody tr").length > 0);
  await until(server, "the sentinels", picture, "sentinel .* ok.*sentinel .* ok.*sentinel .* ok announced");
  await until(server, "big keys", () => document.querySelector("#big-seen").textContent.includes("passes"));
  await until(server, "the last minutes", () => document.querySelector("#charts .curve").getAttribute("d").split("L").length > 5);
  found.push(...await picturesAndViolations(server, "server"));
  await browser.close();
  if (found.length || errors.length) {
    fail([...found, ...errors].join("\n"));
  }
  console.log("DONE");
  process.exit(0);
}

main().catch(error => fail(error.stack));
