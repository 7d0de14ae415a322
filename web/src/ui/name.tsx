// The name of somebody: isolated, so that its direction of writing disturbs nothing around it.

export function Name({ nick, user = "" }: { nick: string; user?: string }) {
  return (
    <bdi class="name" style={user ? { "--hue": hue(user) } : undefined}>
      {nick}
    </bdi>
  );
}

/** A colour for a user, the same everywhere. */
function hue(user: string): string {
  let sum = 0;
  for (const character of user) sum = (sum * 31 + character.codePointAt(0)!) % 65_521;
  return String((sum * 137.5) % 360);
}
