// How names are compared here; the server knows best.

/** Names that are the same for this are names of the same room, or of the same person. */
export function folded(name: string): string {
  return name.toLowerCase().normalize("NFC");
}
