// Says above the composer that there is no connection, and when the next attempt comes.

import { useEffect, useState } from "preact/hooks";
import type { Connection } from "../model";
import { errorText, t } from "../texts";
import { useChat } from "./context";
import "./banner.css";

const SOON = 1_000; // ms: most connections are back by then, without a word
const SECOND = 1_000; // ms

export function Banner() {
  const chat = useChat();
  const connection = chat.connection.value;
  const away = connection.state !== "connected" && chat.asking.value === null;
  const [late, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    if (!away) return;
    const timer = setTimeout(() => setLate(true), SOON);
    return () => clearTimeout(timer);
  }, [away]);
  if (connection.state === "connected" || !away) return null;
  if (!late && connection.state !== "stopped") return null;
  const { now, connect, kept } = t().connection;
  return (
    <section id="banner" aria-label={t().connection.label} data-state={connection.state}>
      <p>
        {t().connection.away[connection.state]} <Why connection={connection} />{" "}
        {connection.state !== "stopped" && kept}
      </p>
      {connection.state === "waiting" && (
        <button id="now" type="button" onClick={() => chat.reconnect()}>
          {now}
        </button>
      )}
      {connection.state === "stopped" && (
        <button id="again" type="button" onClick={() => chat.reconnect()}>
          {connect}
        </button>
      )}
    </section>
  );
}

function Why({ connection }: { connection: Connection }) {
  if (connection.state === "waiting") return <Countdown until={connection.until} />;
  if (connection.state !== "stopped" || !connection.reason) return null;
  return <bdi>{errorText("", connection.reason)}</bdi>;
}

/** Not read out: it changes each second. */
function Countdown({ until }: { until: number }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), SECOND / 4); // the browser may be late
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.ceil((until - now) / SECOND));
  return (
    <span id="countdown" aria-hidden="true">
      {t().connection.countdown(seconds)}
    </span>
  );
}
