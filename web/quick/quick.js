// The simplest client there is: each line that comes is shown, each line that is typed is sent.

const said = document.querySelector("textarea");
const field = document.querySelector("input");
const address = new URL("../ws", location.href.replace(/^http/, "ws"));
const socket = new WebSocket(address, "rabbitchat.line");

socket.onmessage = ({ data }) => show(data);
socket.onclose = ({ reason }) => show(`* connection lost ${reason}\n* load this page again to come back`);

document.querySelector("form").onsubmit = (event) => {
  event.preventDefault();
  if (socket.readyState !== WebSocket.OPEN) return; // what was typed stays
  socket.send(field.value);
  show(`> ${field.value}`);
  field.value = "";
};

function show(line) {
  said.value = `${said.value}${line}\n`.slice(-100_000);
  said.scrollTop = said.scrollHeight;
}

field.focus();
