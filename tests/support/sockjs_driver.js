// Drives one SockJS, or one WebSocket of the browser's own, for a test: in Node and in a page.
//
// What happens is told to `tell` as a list, the name of the event first.
function drive(SockJS, tell) {
  let socket;

  function open(url, transport) {
    if (transport === "raw") {
      return new WebSocket(url.replace(/^http/, "ws") + "/websocket");
    }
    return new SockJS(url, [], transport ? { transports: [transport] } : {});
  }

  return {
    connect(url, transport) {
      const made = (socket = open(url, transport));
      made.onopen = () => tell(["open", made.transport || transport]);
      made.onmessage = (event) => tell(["message", event.data]);
      made.onclose = (event) => tell(["close", event.code, event.reason, event.wasClean]);
    },
    send(...messages) {
      for (const message of messages) {
        if (socket.readyState === 1) socket.send(message);
      }
    },
    close() {
      socket.close(1000, "Normal closure"); // SockJS's own default
    },
  };
}

if (typeof module === "object") {
  module.exports = drive;
}
