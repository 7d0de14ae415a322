// Several tabs of one user: what each of them would do, one does.

const HOLD = 30_000; // ms within which all have come to it

/** Do what this key stands for, unless another tab has. */
export async function once(key: string, what: () => void): Promise<void> {
  const locks = navigator.locks as LockManager | undefined; // not there on a page that came over plain http
  if (!locks) {
    what();
    return;
  }
  await locks.request(`once ${key}`, { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    what();
    await new Promise((resolve) => setTimeout(resolve, HOLD));
  });
}
