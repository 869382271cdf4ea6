// Builds the tag into the Python package, or into the folder named: the tag, the same with what the snippet otherwise
// has inline, that inline part, what is carried now and then, and the parts that only some pages need; `tag.json` holds the integrity of each, and
// the name under which the parts are served.

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { minify_sync } from "terser";

const HERE = dirname(fileURLToPath(import.meta.url));
const OUT = process.argv[2] ?? join(HERE, "../src/twinbeam/pipeline/accept/tag/built");
const NAME_CHARS = 10;
const TARGET = "es2021"; // Chrome 85, Safari 14, Firefox 79
const SMALL = {
  ecma: 2020, module: true,
  compress: {
    passes: 4, unsafe: true, unsafe_arrows: true, unsafe_methods: true, pure_getters: true, hoist_funs: true,
  },
};
const CHUNKS = {
  tcf: "cmp/tcf", gpp: "cmp/gpp", cookiebot: "cmp/cookiebot", didomi: "cmp/didomi", onetrust: "cmp/onetrust",
  usercentrics: "cmp/usercentrics", shopify: "cmp/shopify", own: "own", layer: "layer", marks: "marks", pages: "pages",
  fields: "fields", hash: "hash", hashing: "hashing", refuse: "refuse", debug: "debug",
};

function built(entry, define = {}) {
  const { outputFiles } = buildSync({
    entryPoints: [join(HERE, "src", `${entry}.ts`)],
    bundle: true, format: "esm", target: TARGET, charset: "utf8", legalComments: "none",
    write: false, define,
  });
  // Wrapped only now: what stands in a function of its own could otherwise be taken out of it, into the page's names.
  return `(()=>{${minify_sync(outputFiles[0].text, SMALL).code.replace(/;$/, "")}})();`;
}

const integrityOf = (text) => `sha256-${createHash("sha256").update(text).digest("base64")}`;

mkdirSync(OUT, { recursive: true });
readdirSync(OUT).filter((name) => /\.(js|json)$/.test(name)).forEach((name) => rmSync(join(OUT, name)));

const files = Object.fromEntries(Object.entries(CHUNKS).map(([name, entry]) => [name, built(entry)]));
const integrity = Object.fromEntries(Object.entries(files).map(([name, text]) => [name, integrityOf(text)]));
const chunks = createHash("sha256").update(JSON.stringify(integrity)).digest("base64url").slice(0, NAME_CHARS);
const define = { CHUNKS: JSON.stringify(chunks), INTEGRITY: JSON.stringify(integrity) };
files.main = built("main", { ...define, WHOLE: "false" });
files.whole = built("main", { ...define, WHOLE: "true" });
files.inline = built("inline");
files.look = built("look");
for (const [name, text] of Object.entries(files)) writeFileSync(join(OUT, `${name}.js`), text);
const all = Object.fromEntries(Object.entries(files).map(([name, text]) => [name, integrityOf(text)]));
writeFileSync(join(OUT, "tag.json"), JSON.stringify({ chunks, integrity: all }, null, 2) + "\n");
