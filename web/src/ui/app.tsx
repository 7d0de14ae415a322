// The whole page: places at the side, what is said in the middle, who is here.

import "./base.css";
import { useEffect } from "preact/hooks";
import { listenToKeys } from "../shortcuts";
import { t } from "../texts";
import { Banner } from "./banner";
import { Composer } from "./composer";
import { useChat } from "./context";
import { Dialogs } from "./dialogs";
import { Header } from "./header";
import { later } from "./later";
import { covered, uncover } from "./layout";
import { Naming } from "./naming";
import { People } from "./people";
import { searching } from "./searching";
import { focusText } from "./showing";
import { Side } from "./side";
import { Talk } from "./talk";

const Search = later(async () => (await import("./search")).Search);

const endSearch = () => {
  searching.value = null;
};

export function App() {
  const chat = useChat();
  useEffect(() => listenToKeys(chat), [chat]);
  return (
    <>
      <button type="button" class="skip" onClick={focusText}>
        {t().shell.toText}
      </button>
      <Side />
      <div id="middle" inert={covered.value}>
        <Header />
        <Talk />
        <Banner />
        <Composer />
      </div>
      {searching.value === null ? <People /> : <Search onClose={endSearch} />}
      {covered.value && <div class="scrim" aria-hidden="true" onClick={uncover} />}
      <Dialogs />
      <Naming />
    </>
  );
}
