// One row of the list, whatever it is.

import { type ComponentChild, Fragment } from "preact";
import type { Place } from "../chat/place";
import type { Notice } from "../model";
import type { Row } from "../rows/row";
import { errorText, leftText, t } from "../texts";
import { day } from "../texts/when";
import { MessageRow } from "./message";
import { Name } from "./name";
import { Time } from "./talk-time";

export interface TalkRowProps {
  row: Row;
  place: Place;
  nick: string; // one's own
  active: boolean; // the focus is in it
  lit: boolean; // it was looked for
  unfold: (key: string) => void;
}

export function TalkRow({ row, place, nick, active, lit, unfold }: TalkRowProps) {
  const { talk } = t();
  if (row.kind === "message") {
    const { message, compact } = row;
    return <MessageRow {...{ message, compact, place, nick, active, lit }} />;
  }
  if (row.kind === "notice") return <NoticeRow notice={row.notice} />;
  if (row.kind === "day") {
    return (
      <li class="notice day">
        <p>{day(row.time)}</p>
      </li>
    );
  }
  if (row.kind === "missed") {
    return (
      <li class="notice missed">
        <p>{talk.missed(row.count)}</p>
      </li>
    );
  }
  return (
    <li class="notice comings">
      <p>
        <button type="button" aria-expanded={row.open} onClick={() => unfold(row.key)}>
          {summary(row.notices)}
        </button>
      </p>
    </li>
  );
}

/** "5 joined, 3 left" */
function summary(notices: readonly Notice[]): string {
  const { talk } = t();
  const count = (wanted: string) => notices.filter(({ happening }) => happening.what === wanted).length;
  const parts = [
    [count("join"), talk.joined],
    [count("leave"), talk.left],
    [count("nick"), talk.renamed],
  ] as const;
  return parts.flatMap(([many, say]) => (many > 0 ? [say(many)] : [])).join(", ");
}

function NoticeRow({ notice: { happening, time } }: { notice: Notice }) {
  const { what } = happening;
  return (
    <li class={`notice ${what}`}>
      <Time time={time} />
      <p dir="auto">
        <Happened happening={happening} />
      </p>
    </li>
  );
}

function Happened({ happening }: { happening: Notice["happening"] }) {
  const { talk } = t();
  const why = "reason" in happening && happening.reason ? ` (${leftText(happening.reason)})` : "";
  switch (happening.what) {
    case "join":
      return said(talk.join, <Name nick={happening.nick} user={happening.user} />);
    case "leave":
      return (
        <>
          {said(talk.leave, <Name nick={happening.nick} user={happening.user} />)}
          <bdi>{why}</bdi>
        </>
      );
    case "nick":
      return said(
        happening.mine ? talk.youAre : talk.isCalled,
        ...(happening.mine ? [] : [<Name nick={happening.from} />]),
        <Name nick={happening.nick} user={happening.user} />,
      );
    case "topic":
      return happening.text
        ? said(talk.topic, <Name nick={happening.from} />, <bdi>{happening.text}</bdi>)
        : said(talk.noTopic, <Name nick={happening.from} />);
    case "gap":
      return <>{talk.gap[happening.why]}</>;
    case "note":
      return <span class="text">{happening.text}</span>;
    case "error":
      return <span class="text">{errorText(happening.code, happening.text)}</span>;
  }
}

/** A text in pieces, with something between each and the next. */
function said(pieces: readonly string[], ...between: ComponentChild[]) {
  return (
    <>
      {pieces.map((piece, index) => (
        <Fragment key={index}>
          {piece}
          {between[index]}
        </Fragment>
      ))}
    </>
  );
}
