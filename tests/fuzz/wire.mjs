// HTTP as bytes: what no library would send can be sent, and what comes back is read as it is.
import { connect } from "node:net";

/** What has come of an answer so far: its status and headers, and whether all of it is there. */
function read(bytes, method) {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const [line, ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(line)?.[1]);
  const body = bytes.subarray(end + 4);
  if (status >= 100 && status < 200) return read(body, method);
  const headers = {};
  const cookies = [];
  for (const text of lines) {
    const at = text.indexOf(":");
    const [name, value] = [text.slice(0, at).toLowerCase(), text.slice(at + 1).trim()];
    headers[name] = value;
    if (name === "set-cookie") cookies.push(value);
  }
  const isBare = method === "HEAD" || status === 204 || status === 304;
  let isWhole = isBare;
  if (headers["content-length"]) isWhole ||= body.length >= Number(headers["content-length"]);
  else isWhole ||= headers["transfer-encoding"] === "chunked" && body.includes("0\r\n\r\n", body.length - 5);
  return { status, headers, cookies, body, isWhole };
}

/** The text of a body, whether or not it came in chunks. */
export function textOf({ headers, body }) {
  if (headers["transfer-encoding"] !== "chunked") return body.toString();
  const parts = [];
  for (let at = 0; ;) {
    const end = body.indexOf("\r\n", at);
    const length = parseInt(body.toString("latin1", at, end), 16);
    if (!(length > 0)) return Buffer.concat(parts).toString();
    parts.push(body.subarray(end + 2, end + 2 + length));
    at = end + 2 + length + 2;
  }
}

/**
 * Sends a request on a connection of its own. The answer; or `fault`, if there is none, or not all of it. With `stops`
 * nothing comes after the bytes, and the other side is told so.
 */
export function send(port, { method, bytes, stops }, patience) {
  const parts = [];
  return new Promise((done) => {
    const socket = connect({ host: "127.0.0.1", port });
    const end = (fault) => {
      clearTimeout(clock);
      socket.destroy();
      const answer = read(Buffer.concat(parts), method);
      done(answer && (answer.isWhole || !fault) ? answer : { ...answer, fault: fault ?? "closed without an answer" });
    };
    const clock = setTimeout(() => end("not answered in time"), patience);
    socket.on("connect", () => (stops ? socket.end(bytes) : socket.write(bytes)));
    socket.on("data", (part) => {
      parts.push(part);
      if (read(Buffer.concat(parts), method)?.isWhole) end();
    });
    // Refusing without having read everything resets the connection: the answer may be there all the same.
    socket.on("error", (error) => end(error.code));
    socket.on("close", () => end("closed before the end"));
  });
}
