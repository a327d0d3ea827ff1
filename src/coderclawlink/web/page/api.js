// The way to the hub over HTTP. Above: everything that asks or does. Below: nothing.

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status; // 0: nobody answered
  }
}

const SECONDS_AT_MOST = 30;

/** The answer's JSON, or its text. Throws `Refused` with a sentence for people. */
export async function call(method, path, body) {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  let answer, text;
  try {
    answer = await fetch(path, { method, signal: AbortSignal.timeout(SECONDS_AT_MOST * 1000), ...sent });
    text = await answer.text();
  } catch {
    throw new Refused(0, "The hub does not answer.");
  }
  const json = answer.headers.get("content-type")?.startsWith("application/json") && text ? JSON.parse(text) : null;
  if (!answer.ok) throw new Refused(answer.status, sentence(json?.detail) ?? `The hub answered ${answer.status}.`);
  return json ?? text;
}

function sentence(detail) {
  if (!Array.isArray(detail)) return detail;
  return detail.map((one) => `${one.loc.filter((part) => part !== "body").join(".")}: ${one.msg}`).join("; ");
}
