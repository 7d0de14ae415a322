// Who is here.

import { useChat } from "./context";

export function People() {
  const place = useChat().current.value;
  return (
    <aside>
      <h2 id="count">{place.count.value}</h2>
      <ul id="people">
        {[...place.members.value].map(([user, nick]) => (
          <li key={user}>
            <bdi>{nick}</bdi>
          </li>
        ))}
      </ul>
    </aside>
  );
}
