// A page that says over Vite's own connection that it is there is answered over it.
const answers = {
  name: "answers",
  configureServer(server) {
    server.ws.on("here", (_said, client) => client.send("welcome"));
  },
};

export default { plugins: [answers], clearScreen: false };
