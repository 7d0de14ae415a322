// Components that nobody needs at first: they are loaded when the page has come to rest, or when they
// are wanted.

import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";

const REST = 1_500; // ms

/** A component in a module of its own. */
export function later<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
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
  return function Later(props: Props) {
    const here = useSignal(Loaded !== undefined);
    useEffect(() => {
      if (!here.value)
        void get().then(() => {
          here.value = Loaded !== undefined;
        });
    }, []);
    return here.value && Loaded ? <Loaded {...props} /> : null;
  };
}
