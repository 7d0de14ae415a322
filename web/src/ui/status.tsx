// How one is connected.

import { t } from "../texts";
import { useChat } from "./context";

export function Status() {
  const chat = useChat();
  const connection = chat.connection.value;
  const { state } = connection;
  const reason = "reason" in connection ? connection.reason : "";
  // Who is still asked for a name waits for nothing.
  const unnamed = chat.asking.value !== null && chat.self.value.user === "";
  return (
    <div class="connection">
      <p id="status" role="status" data-state={state} title={reason}>
        {unnamed ? "" : t().connection[state]}
      </p>
      {state === "connected" && (
        <small id="transport" title={t().connection.ways[connection.transport]}>
          {connection.transport}
        </small>
      )}
    </div>
  );
}
