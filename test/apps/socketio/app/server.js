import { createServer } from "node:http";
import { Server } from "socket.io";

const server = createServer((_request, response) => {
  response.setHeader("Content-Type", "text/html");
  response.end(page);
});

// By the names of connections that are polled: the WebSocket that is to take the place, and who may have it already.
const waiting = new Map();
const served = new Set();

const sockets = new Server(server, { maxHttpBufferSize: 1e7 });
sockets.on("connection", (socket) => {
  socket.on("echo", (value, answer) => answer(value));
  socket.on("has it all", () => {
    served.add(socket.conn.id);
    waiting.get(socket.conn.id)?.();
  });
});

// The client asks for the WebSocket at once, and it could be there before anything has come by polling.
sockets.engine.use((request, _response, next) => {
  const id = new URL(request.url, "http://localhost").searchParams.get("sid");
  const isReplacing = id !== null && request.headers.upgrade !== undefined;
  if (isReplacing && !served.has(id)) waiting.set(id, next);
  else next();
});

server.listen(Number(process.argv[2]), "127.0.0.1");

// Both clients say what they have at each time when they are connected, and again when the transport is another. What went
// out by one transport and came back by the other is of neither.
const page = `<!doctype html><title>echo</title><script src="/socket.io/socket.io.js"></script><script>
  const ear = "http://127.0.0.1:" + new URLSearchParams(location.search).get("ear") + "/";
  const tell = (what) => fetch(ear + encodeURIComponent(what), { method: "POST", mode: "no-cors" });
  const large = new Uint8Array(300000).map((_, index) => index * 7);
  const same = (bytes) => bytes.byteLength === large.byteLength && new Uint8Array(bytes).every((byte, index) => byte === large[index]);
  function begin(name, transports) {
    const socket = io({ transports, forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 200 });
    let times = 0;
    const echo = () => {
      const { name: transport } = socket.io.engine.transport;
      const when = name + ", time " + times + ", over " + transport;
      let had = 0;
      const has = (what, isSame) => {
        if (!isSame || socket.io.engine.transport.name !== transport) return;
        tell(when + ": " + what);
        had += 1;
        if (had === 2) socket.emit("has it all");
      };
      socket.emit("echo", "äöü of " + name, (text) => has("text", text === "äöü of " + name));
      socket.emit("echo", large, (bytes) => has("bytes", same(bytes)));
    };
    socket.on("connect", () => {
      times += 1;
      socket.io.engine.on("upgrade", echo);
      echo();
    });
    socket.on("disconnect", (why) => tell(name + " has lost it: " + why));
  }
  begin("polling first", ["polling", "websocket"]);
  begin("websocket alone", ["websocket"]);
</script>`;
