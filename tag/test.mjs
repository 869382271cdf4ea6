// Bundles the unit tests and runs them with Node's own runner.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const out = mkdtempSync(join(tmpdir(), "tag-tests-"));
try {
  const entryPoints = readdirSync(join(HERE, "tests")).map((name) => join(HERE, "tests", name));
  buildSync({ entryPoints, bundle: true, format: "esm", platform: "node", outdir: out, outExtension: { ".js": ".mjs" } });
  const { status } = spawnSync(process.execPath, ["--test", out], { stdio: "inherit" });
  process.exitCode = status ?? 1;
} finally {
  rmSync(out, { recursive: true });
}
