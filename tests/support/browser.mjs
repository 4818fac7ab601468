// Drives Chromium by its pipe, with scripts of pages switched off and by the keyboard alone: a command a line, an answer a line.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { readFileSync, writeFileSync } from "node:fs";

const [, , profile] = process.argv;
const browser = spawn("chromium", ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
  `--user-data-dir=${profile}`, "about:blank"], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
process.on("exit", () => browser.kill("SIGKILL"));
const waiting = new Map();
const events = [];
let rest = "", last = 0;
browser.stdio[4].on("data", (bytes) => {
  const parts = (rest + bytes).split("\0");
  rest = parts.pop();
  for (const part of parts) {
    const message = JSON.parse(part);
    if (message.id) {
      waiting.get(message.id)(message);
      waiting.delete(message.id);
    } else {
      for (const listener of [...events]) listener(message);
    }
  }
});
let sessionId;
function call(method, params = {}) {
  const id = ++last;
  browser.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + "\0");
  return new Promise((resolve, reject) => waiting.set(id, ({ result, error }) =>
    error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result)));
}
function loaded() {
  return new Promise((resolve) => {
    const listener = (message) => {
      if (message.method !== "Page.loadEventFired") return;
      events.splice(events.indexOf(listener), 1);
      resolve();
    };
    events.push(listener);
  });
}
async function key(name, code, text) {
  const params = { key: name, code: name, windowsVirtualKeyCode: code, text };
  await call("Input.dispatchKeyEvent", { type: "keyDown", ...params });
  await call("Input.dispatchKeyEvent", { type: "keyUp", ...params });
}
async function html() {
  const { root } = await call("DOM.getDocument", { depth: 0 });
  const { outerHTML } = await call("DOM.getOuterHTML", { nodeId: root.nodeId });
  return outerHTML;
}
const commands = {
  async open({ url }) {
    const done = loaded();
    await call("Page.navigate", { url });
    await done;
    return html();
  },
  async look({ width, scheme }) {
    await call("Emulation.setDeviceMetricsOverride", { width, height: 700, deviceScaleFactor: 1, mobile: width < 500 });
    await call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
    const { cssContentSize } = await call("Page.getLayoutMetrics");
    return String(cssContentSize.width);
  },
  // What axe finds in a page that is not of our making: scripts may run in it.
  async audit({ html, axe }) {
    await call("Emulation.setScriptExecutionDisabled", { value: false });
    const done = loaded();
    await call("Page.navigate", { url: "about:blank" });
    await done;
    const { frameTree } = await call("Page.getFrameTree");
    await call("Page.setDocumentContent", { frameId: frameTree.frame.id, html });
    await call("Runtime.evaluate", { expression: readFileSync(axe, "utf8") });
    const expression = `axe.run(document, { resultTypes: ["violations"] }).then(({ violations, passes }) => JSON.stringify(
      [passes.length, violations.map((one) => one.impact + " " + one.id + ": " + one.nodes.map((node) => node.html).join(" "))]))`;
    const { result } = await call("Runtime.evaluate", { expression, awaitPromise: true });
    await call("Emulation.setScriptExecutionDisabled", { value: true });
    return result.value;
  },
  async shoot({ file }) {
    const { data } = await call("Page.captureScreenshot", { format: "png" });
    writeFileSync(file, Buffer.from(data, "base64"));
    return "";
  },
  async tab({ times }) {
    for (let time = 0; time < times; time++) await key("Tab", 9);
    return "";
  },
  async write({ text }) {
    await call("Input.insertText", { text });
    return "";
  },
  async space() {
    await key(" ", 32, " ");
    return "";
  },
  async enter() {
    const done = loaded();
    await key("Enter", 13, "\r");
    await done;
    return html();
  },
};
const { targetInfos } = await call("Target.getTargets");
const { targetId } = targetInfos.find(({ type }) => type === "page");
({ sessionId } = await call("Target.attachToTarget", { targetId, flatten: true }));
await call("Page.enable");
await call("DOM.enable");
await call("Emulation.setScriptExecutionDisabled", { value: true });
console.log(JSON.stringify("ready"));
for await (const line of createInterface({ input: process.stdin })) {
  const { name, ...values } = JSON.parse(line);
  console.log(JSON.stringify(await commands[name](values)));
}
process.exit(0);
