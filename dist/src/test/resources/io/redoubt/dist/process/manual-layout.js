// Opens every page of the manual as a file in headless Chromium and checks its layout, its search and its filter.
// Arguments: folder of the pages, folder for screenshots, the browser. The last line is DONE if no fault was found.

const fs = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const puppeteer = require("puppeteer-core");
const axe = require("axe-core");

const [pages, folder, browserPath] = process.argv.slice(2);
const WIDTHS = [1200, 400];
const LARGE = 60000;
/** A table of Markdown has a header even where a column needs none; and a page may not read its style sheet from a file. */
const AXE = { resultTypes: ["violations"], preload: false, rules: { "empty-table-header": { enabled: false } } };
/** The rules whose results depend on colours. */
const AXE_COLOURS = { ...AXE, runOnly: { type: "rule", values: ["color-contrast", "link-in-text-block"] } };
const problems = [];

/** Returns what is wrong with the layout; runs in the page. */
function layoutProblems(isWide) {
  const found = [];
  const name = each => `${each.tagName.toLowerCase()}#${each.id}.${each.className} ${each.textContent.trim().slice(0, 60)}`;
  if (document.documentElement.scrollWidth > innerWidth) {
    found.push(`scrolls sideways: ${document.documentElement.scrollWidth} > ${innerWidth}`);
  }
  for (const each of document.body.querySelectorAll("main *, nav *, header *")) {
    if (each.checkVisibility() && !each.closest("pre, thead, .skip") && each.getBoundingClientRect().right > innerWidth + 1) {
      found.push(`is outside of the screen: ${name(each)}`);
    }
  }
  const list = document.querySelector("nav.pages");
  if (isWide) {
    scrollTo(0, document.body.scrollHeight / 2);
    for (const nav of document.querySelectorAll("nav.pages, nav.sections")) {
      const { top, bottom } = nav.getBoundingClientRect();
      if (top < 0 || bottom > innerHeight + 1) {
        found.push(`does not stay in view: ${name(nav)}: ${top} to ${bottom}`);
      }
    }
    scrollTo(0, 0);
  } else if (!list.checkVisibility()) {
    found.push("has no list of pages");
  }
  return found;
}

async function open(browser, file, isScripted = true) {
  const page = await browser.newPage();
  await page.setViewport({ width: WIDTHS[0], height: 900 });
  page.on("pageerror", error => problems.push(`${file}: ${error.stack}`));
  page.on("requestfailed", request => problems.push(`${file}: ${request.url()} can't be loaded: ${request.failure()?.errorText}`));
  await page.setJavaScriptEnabled(isScripted);
  await page.goto(pathToFileURL(path.join(pages, file)).href, { waitUntil: "load" });
  return page;
}

async function checkPage(browser, file) {
  const page = await open(browser, file);
  for (const scheme of ["light", "dark"]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    for (const width of WIDTHS) {
      await page.setViewport({ width, height: 900 });
      const found = await page.evaluate(layoutProblems, width === WIDTHS[0]);
      problems.push(...found.map(each => `${file} ${width}: ${each}`));
      await page.screenshot({ path: path.join(folder, `manual-${file}-${width}-${scheme}.png`) });
    }
    if (scheme === "dark" && fs.statSync(path.join(pages, file)).size > LARGE) {
      continue; // in the same colours as the small ones
    }
    await page.evaluate(axe.source);
    const violations = await page.evaluate(options => window.axe.run(document, options).then(result => result.violations), scheme === "light" ? AXE : AXE_COLOURS);
    problems.push(...violations.map(each =>
      `${file} ${scheme}: ${each.id}: ${each.help}: ${each.nodes.map(node => node.html.slice(0, 120)).slice(0, 5).join(" | ")}`));
  }
  await page.close();
}

/** Searches for a command and follows the first result from a page that was opened as a file. */
async function checkSearch(browser) {
  const page = await open(browser, "metrics.html");
  await page.keyboard.press("/");
  await page.keyboard.type("client no-evict");
  await page.waitForSelector(".results a", { timeout: 10000 });
  await page.screenshot({ path: path.join(folder, "manual-search.png") });
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  const shown = await page.evaluate(() => [location.pathname.split("/").pop() + location.hash, document.querySelector(":target").textContent]);
  if (shown[0] !== "commands.html#command-client-no-evict") {
    problems.push(`the search leads to ${shown}`);
  }
  await page.close();
}

/** Filters the commands, then follows a link to one that the filter hides. */
async function checkFilter(browser) {
  const page = await open(browser, "commands.html");
  await page.type(".sections input", "hyperloglog pfadd");
  await page.screenshot({ path: path.join(folder, "manual-filter.png") });
  const shown = await page.evaluate(() =>
    [...document.querySelectorAll(".entry h3")].filter(each => each.checkVisibility()).map(each => each.id).join());
  if (shown !== "command-pfadd") {
    problems.push(`the filter shows ${shown}`);
  }
  await page.evaluate(() => location.hash = "#command-get");
  await page.waitForFunction(() => document.querySelector("#command-get").checkVisibility(), { timeout: 10000 });
  await page.close();
}

/** Without scripts, every entry is in the list of its page and there are no fields that do nothing. */
async function checkWithoutScripts(browser) {
  const page = await open(browser, "commands.html", false);
  await page.setViewport({ width: WIDTHS[1], height: 900 });
  await page.screenshot({ path: path.join(folder, "manual-without-script.png") });
  const html = await page.content();
  const links = html.match(/href="#command-/g)?.length;
  const entries = html.match(/id="command-/g)?.length;
  if (links !== entries || html.includes("<input")) {
    problems.push(`without scripts: ${links} links to ${entries} commands`);
  }
  await page.close();
}

async function main() {
  const browser = await puppeteer.launch({
    executablePath: browserPath, headless: true, args: ["--no-sandbox", "--disable-gpu"],
  });
  const files = fs.readdirSync(pages).filter(each => each.endsWith(".html"));
  for (const file of files) {
    await checkPage(browser, file);
  }
  await checkSearch(browser);
  await checkFilter(browser);
  await checkWithoutScripts(browser);
  await browser.close();
  console.log([...new Set(problems)].join("\n"));
  console.log(problems.length ? "FAILED" : "DONE");
  process.exit(problems.length ? 1 : 0);
}

main().catch(error => {
  console.log(error.stack);
  process.exit(1);
});
