// Builds pixel.js, the one file that is pasted into Shopify's admin, or the file named; it stays readable, because
// whoever pastes it should be able to read it.

import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const { buildSync } = createRequire(join(HERE, "../../tag/package.json"))("esbuild");

const HEAD = `// Twinbeam's custom pixel for Shopify: docs/howto/shopify.md. Fill in the first two lines and paste all of it.
const GATEWAY = "https://events.shop.example"; // where the gateway takes events
const KEY = "tbb_..."; // a browser key: twinbeam keys create browser --source shopify --pixel CODE
const REPORTS = "everything"; // "checkout" where the theme has the browser tag
const PERMISSION = "answered"; // "shopify": what Shopify allows counts as the visitor's answer

// Built by install/shopify/build.mjs; change what stands in src/ beside it and not what follows.
`;

const { outputFiles } = buildSync({
  entryPoints: [join(HERE, "src/pixel.ts")],
  bundle: true,
  format: "iife",
  target: "es2021",
  charset: "utf8",
  legalComments: "none",
  write: false,
});
writeFileSync(process.argv[2] ?? join(HERE, "pixel.js"), HEAD + outputFiles[0].text);
