// Open every page of the built site in Firefox, from its folder, narrow, and then make it wide: every other page dark.
// Playwright drives a Firefox of its own only; puppeteer speaks to the one that people have.
//
//   NODE_PATH=… node scripts/firefox.mjs SITE FIREFOX

import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const { default: puppeteer } = createRequire(import.meta.url)("puppeteer-core"); // only so is NODE_PATH looked at
const [site, firefox] = process.argv.slice(2);
const WIDTHS = [390, 1280];
const pages = readdirSync(site, { recursive: true }).filter((name) => name.endsWith(".html") && !name.startsWith("_"));
const faults = [];

let name = "";
const found = (what) => faults.push(`${name}: ${what}`);
for (const [turn, theme] of ["dark", "light"].entries()) {
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: firefox,
    extraPrefsFirefox: { "layout.css.prefers-color-scheme.content-override": turn },
  });
  const page = await browser.newPage();
  page.on("console", (message) => ["error", "warn"].includes(message.type()) && found(message.text()));
  page.on("pageerror", (error) => found(error.message));
  page.on("requestfailed", (request) => found(`not there: ${request.url()}`));
  page.on("request", (request) => /^(file|data|about):/.test(request.url()) || found(`asks for ${request.url()}`));
  for (name of pages.sort().filter((_, place) => place % 2 === turn)) {
    await page.setViewport({ width: WIDTHS[0], height: 900 });
    await page.goto(pathToFileURL(path.resolve(site, name)).href);
    for (const width of WIDTHS) {
      await page.setViewport({ width, height: 900 });
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (over > 0) found(`${over} px wider than a window of ${width} px`);
    }
    const dark = await page.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches);
    if (dark !== (theme === "dark")) found(`not shown ${theme}`);
  }
  await browser.close();
}
for (const fault of faults) console.error(fault);
console.log(`${pages.length} pages at ${WIDTHS.join(" and ")} px: ${faults.length} faults`);
process.exitCode = faults.length || !pages.length ? 1 : 0;
