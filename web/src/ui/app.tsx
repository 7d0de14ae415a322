// The whole page: places at the side, what is said in the middle, who is here.

import { Composer } from "./composer";
import { Header } from "./header";
import { Naming } from "./naming";
import { People } from "./people";
import { Side } from "./side";
import { Talk } from "./talk";

export function App() {
  return (
    <>
      <Side />
      <Header />
      <Talk />
      <Composer />
      <People />
      <Naming />
    </>
  );
}
