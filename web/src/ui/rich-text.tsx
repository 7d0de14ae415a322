// What somebody said: its links, code, quotes and names as elements, all else as text. All elements
// are made here, from a fixed set; whatever was typed becomes text in them.

import { useMemo } from "preact/hooks";
import { type Block, type Inline, parse } from "../text/parse";
import { t } from "../texts";
import { useChat } from "./context";
import "./rich-text.css";

export interface RichTextProps {
  text: string;
  nick: string; // one's own: where it is called is marked
}

/** A block of its own: not to be put into a paragraph. */
export function RichText({ text, nick }: RichTextProps) {
  const { current } = useChat();
  const { blocks, jumbo } = useMemo(() => {
    // Who comes and goes later changes nothing in what was said.
    const names = current.peek().members.names.peek();
    return parse(text, { nick, isName: (name) => names.has(name.toLowerCase()) });
  }, [text, nick]);
  return <div class={jumbo ? "text jumbo" : "text"}>{blocks.map(toElement)}</div>;
}

function toElement(block: Block, index: number) {
  if (block.kind === "fence") {
    return (
      <pre key={index} dir="ltr" tabIndex={0}>
        {block.language && <small>{block.language}</small>}
        <code>{block.text}</code>
      </pre>
    );
  }
  if (block.kind === "quote") return <blockquote key={index}>{block.blocks.map(toElement)}</blockquote>;
  return (
    <div key={index} class="lines" dir="auto">
      {block.parts.map(toPart)}
    </div>
  );
}

function toPart(part: Inline, index: number) {
  switch (part.kind) {
    case "text":
      return part.text;
    case "code":
      return (
        <code key={index} dir="auto">
          {part.text}
        </code>
      );
    case "strong":
      return <strong key={index}>{part.parts.map(toPart)}</strong>;
    case "em":
      return <em key={index}>{part.parts.map(toPart)}</em>;
    case "room":
      return (
        <a key={index} href={part.href} dir="auto">
          {part.text}
        </a>
      );
    case "mention":
      if (part.mine) return <mark key={index}>{part.text}</mark>;
      return (
        <bdi key={index} class="mention">
          {part.text}
        </bdi>
      );
    case "link":
      return (
        <bdi key={index} dir="ltr">
          <a href={part.href} target="_blank" rel="noopener noreferrer">
            {part.text}
          </a>
          {part.host && <small title={t().text.host}>{part.host}</small>}
        </bdi>
      );
  }
}
