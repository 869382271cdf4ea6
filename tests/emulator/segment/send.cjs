/*
 * Lets Segment's TikTok destination report one event, read from standard input, to the host given as the argument.
 * Only the host is changed: requests to TikTok go there instead.
 */
const http = require("http");
const https = require("https");

const target = new URL(process.argv[2]);
https.request = (options, done) =>
  http.request(
    { ...options, protocol: "http:", host: target.hostname, hostname: target.hostname, port: target.port, agent: undefined },
    done,
  );

const { Destination, defaultValues } = require("@segment/actions-core");
const definition = require("@segment/action-destinations/dist/destinations/tiktok-conversions").default;

async function main() {
  const { event, settings, name } = JSON.parse(require("fs").readFileSync(0, "utf8"));
  const action = definition.actions.reportWebEvent;
  const mapping = { ...defaultValues(action.fields), event: name };
  const results = await new Destination(definition).executeAction("reportWebEvent", { event, settings, mapping });
  console.log(JSON.stringify(results[results.length - 1]));
}

main().catch((error) => {
  console.log(JSON.stringify({ error: error.message, response: error.response && error.response.data }));
});
