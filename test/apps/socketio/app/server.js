import { createServer } from "node:http";
import { Server } from "socket.io";

const server = createServer((_request, response) => {
  response.setHeader("Content-Type", "text/html");
  response.end(page);
});

new Server(server, { maxHttpBufferSize: 1e7 }).on("connection", (socket) => {
  socket.on("echo", (value, answer) => answer(value));
});

server.listen(Number(process.argv[2]), "127.0.0.1");

// Both clients say what they have at each time when they are connected, and again when the transport is another.
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
      socket.emit("echo", "äöü of " + name, (text) => text === "äöü of " + name && tell(when + ": text"));
      socket.emit("echo", large, (bytes) => same(bytes) && tell(when + ": bytes"));
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
