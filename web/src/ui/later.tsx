// Components that nobody needs at first: they are loaded when the page has come to rest, or when they
// are wanted.

import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../texts";
import { useChat } from "./context";

const REST = 1_500; // ms

interface Closing {
  onClose: () => void;
}

/** A component in a module of its own. Where it can't be loaded that is said, and it closes. */
export function later<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props & Closing> {
  let loading: Promise<ComponentType<Props>> | undefined;
  let Loaded: ComponentType<Props> | undefined;

  async function get(): Promise<void> {
    try {
      loading ??= load();
      Loaded = await loading;
    } catch (problem) {
      loading = undefined; // without a network; it may be there the next time
      console.warn(problem);
    }
  }

  setTimeout(get, REST);
  return function Later(props: Props & Closing) {
    const chat = useChat();
    const here = useSignal(Loaded !== undefined);
    useEffect(() => {
      let wanted = !here.value;
      const shown = () => {
        here.value = Loaded !== undefined;
        if (here.value || !wanted) return;
        chat.tell({ what: "error", code: "", text: t().shell.notLoaded });
        props.onClose();
      };
      if (wanted) void get().then(shown);
      return () => {
        wanted = false;
      };
    }, []);
    return here.value && Loaded ? <Loaded {...props} /> : null;
  };
}
