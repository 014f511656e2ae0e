// Node's `ws`: the fragment is made once, as a buffer, and sent to all clients.
//
//     NODE_PATH=build/node/node_modules node benchmarks/peers/node_ws.cjs PORT FRAGMENT-FILE
//
// The one script of this project: a peer to measure against, which no page ever loads.
const { readFileSync } = require("node:fs");
const { WebSocketServer } = require("ws");

const [port, path] = process.argv.slice(2);
const [before, after] = readFileSync(path, "utf8").split("{{ message }}");
const server = new WebSocketServer({ host: "127.0.0.1", port: Number(port), perMessageDeflate: false });

server.on("connection", (socket) => {
  socket.on("message", (frame) => {
    const fragment = Buffer.from(before + JSON.parse(frame).message + after);
    for (const client of server.clients) client.send(fragment, { binary: false });
  });
});
