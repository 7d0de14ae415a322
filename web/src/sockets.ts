// The connections that a browser can make to the daemon: sockjs-client tries one transport after
// the other until one gets through.

import SockJS from "sockjs-client";

/** What a link needs of a connection: the part that WebSocket and SockJS share. */
export interface Socket {
  readonly readyState: number; // 1: open
  readonly transport?: string;
  onopen: (() => void) | null;
  onmessage: ((event: { data: string }) => void) | null;
  onclose: ((event: { code: number; reason?: string }) => void) | null;
  send(data: string): void;
  close(code?: number): void;
}

/** Begins a connection that may use these transports. */
export type Connect = (transports: readonly string[]) => Socket;

const TRY_TRANSPORT = 2_500; // ms, at least: a busy server isn't taken for a proxy that blocks

/** To the daemon that this page is from. */
export const connectSockJS: Connect = (transports) => {
  const url = new URL("chat", document.baseURI).href;
  return new SockJS(url, null, { transports: [...transports], timeout: TRY_TRANSPORT }) as unknown as Socket;
};
