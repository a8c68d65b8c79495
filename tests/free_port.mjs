// For programs that are started for a test or a measurement.
import { once } from "node:events";
import { createServer } from "node:net";

/** A port that nobody listens on: the public URL has it, so it must be known before the program starts. */
export async function freePort() {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address();
  other.close();
  await once(other, "close");
  return port;
}
