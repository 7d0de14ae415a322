// Who is typing in the place that is looked at.

import { t } from "../texts";
import { useChat } from "./context";

const NAMED = 3; // people; of the others only the number is said

export function Typing() {
  const people = useChat().current.value.typing.people.value;
  const named = people.slice(0, NAMED);
  const [before, after] = people.length === 1 ? t().typing.one : t().typing.several;
  return (
    <p id="typing" aria-live="off">
      {people.length > 0 && (
        <>
          {before}
          {named.map((nick, index) => (
            <>
              {index > 0 && ", "}
              <bdi class="name" key={nick}>
                {nick}
              </bdi>
            </>
          ))}
          {people.length > NAMED && t().typing.more(people.length - NAMED)}
          {after}
        </>
      )}
    </p>
  );
}
