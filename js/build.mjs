// Bundle the job card into hfjobs_magic/static: one ES module and one style sheet, as anywidget loads them.

import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { CUTS, cut } from "./library_cuts.mjs";

/** Bytes. Every widget instance carries the module in its state, so growth beyond this is a decision, not an accident. */
const MAX_BUNDLE = 162 * 1024;

const watch = process.argv.includes("--watch");
const root = fileURLToPath(new URL(".", import.meta.url));
const outdir = fileURLToPath(new URL("../hfjobs_magic/static", import.meta.url));

const usedOnly = {
  name: "used-only",
  setup(build) {
    for (const [filter, cuts] of CUTS)
      build.onLoad({ filter }, ({ path }) => ({ contents: cut(readFileSync(path, "utf8"), cuts), loader: "js" }));
  },
};

const options = {
  absWorkingDir: root,
  entryPoints: [
    { in: "src/kernel/index.ts", out: "index" },
    { in: "src/styles/index.css", out: "index" },
  ],
  outdir,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: !watch,
  sourcemap: watch ? "inline" : false,
  // Escapes keep the bundle plain ASCII, whatever charset a host serves it with.
  charset: "ascii",
  legalComments: "none",
  logLevel: "warning",
  plugins: [usedOnly],
};

if (watch) {
  const context = await esbuild.context({ ...options, logLevel: "info" });
  await context.watch();
} else {
  await esbuild.build(options);
  for (const name of ["index.js", "index.css"]) {
    const { size } = statSync(`${outdir}/${name}`);
    console.log(`${name} ${size.toLocaleString("en-US")} bytes`);
    if (size > MAX_BUNDLE) throw new Error(`${name} is larger than ${MAX_BUNDLE} bytes`);
  }
}
