// sockjs-client in Node: node sockjs_node.js /path/to/sockjs-client
//
// Commands come line by line as JSON lists, the name first; events go out in the same way.
"use strict";
const drive = require("./sockjs_driver.js");
const SockJS = require(process.argv[2]);

const driver = drive(SockJS, (event) => console.log(JSON.stringify(event)));
const lines = require("readline").createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const [name, ...what] = JSON.parse(line);
  driver[name](...what);
});
lines.on("close", () => process.exit());
