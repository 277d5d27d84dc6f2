/** Something that holds a resource of the world until it is closed. Closing twice is harmless. */
export interface Closable {
  close(): void | Promise<void>;
}

/** Closes in reverse order of opening: what was built last leans on what was built first. */
export async function closeAll(closables: readonly Closable[]): Promise<void> {
  for (const closable of [...closables].reverse()) await closable.close();
}
