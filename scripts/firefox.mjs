// Open every page of the built site in Firefox, from its folder: narrow and dark, wide and light.
// Playwright drives a Firefox of its own only; puppeteer speaks to the one that people have.
//
//   NODE_PATH=… node scripts/firefox.mjs SITE FIREFOX

import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const { default: puppeteer } = createRequire(import.meta.url)("puppeteer-core"); // only so is NODE_PATH looked at
const [site, firefox] = process.argv.slice(2);
const LOOKS = [["dark", 390], ["light", 1280]];
const pages = readdirSync(site, { recursive: true }).filter((name) => name.endsWith(".html") && !name.startsWith("_"));
const faults = [];

for (const [theme, width] of LOOKS) {
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: firefox,
    extraPrefsFirefox: { "layout.css.prefers-color-scheme.content-override": theme === "dark" ? 0 : 1 },
  });
  const page = await browser.newPage();
  await page.setViewport({ width, height: 900 });
  let name = "";
  const found = (what) => faults.push(`${name}, ${theme}, ${width} px: ${what}`);
  page.on("console", (message) => ["error", "warn"].includes(message.type()) && found(message.text()));
  page.on("pageerror", (error) => found(error.message));
  page.on("requestfailed", (request) => found(`not there: ${request.url()}`));
  page.on("request", (request) => /^(file|data|about):/.test(request.url()) || found(`asks for ${request.url()}`));
  for (name of pages.sort()) {
    await page.goto(pathToFileURL(path.resolve(site, name)).href);
    const seen = await page.evaluate(() => [
      document.documentElement.scrollWidth - innerWidth,
      matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
      document.querySelectorAll("h1").length,
    ]);
    if (seen[0] > 0) found(`${seen[0]} px wider than the window`);
    if (seen[1] !== theme) found(`shown ${seen[1]}`);
    if (seen[2] !== 1) found(`${seen[2]} main headings`);
  }
  await browser.close();
}
for (const fault of faults) console.error(fault);
console.log(`${pages.length} pages in ${LOOKS.length} looks, ${faults.length} faults`);
process.exitCode = faults.length || !pages.length ? 1 : 0;
