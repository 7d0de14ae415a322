// How one is connected.

import { t } from "../texts";
import { useChat } from "./context";

export function Status() {
  const connection = useChat().connection.value;
  const { state } = connection;
  const reason = "reason" in connection ? connection.reason : "";
  return (
    <div class="connection">
      <p id="status" role="status" data-state={state} title={reason}>
        {t().connection[state]}
      </p>
      {state === "connected" && (
        <small id="transport" title={t().connection.ways[connection.transport]}>
          {connection.transport}
        </small>
      )}
    </div>
  );
}
