// What the page says in English. Another language is another file like this one: the type makes sure
// that nothing is missing.

export const en = {
  connection: {
    connecting: "connecting…",
    connected: "connected",
    waiting: (seconds: number) => `reconnecting in ${seconds} s`,
    offline: "offline",
    stopped: "disconnected",
    now: "Now",
    connect: "Connect",
  },
  naming: {
    title: "What is your name?",
    change: "Change your name",
    yours: "Your name",
    enter: "Come in",
    take: "Take it",
    cancel: "Cancel",
  },
  composer: {
    label: "Say something",
    hint: "Say something, or /help",
    send: "Send",
  },
};

export type Texts = typeof en;
