// The live stream: one WebSocket for this tab, resumed where it broke off. Above: `app`. Below: nothing.

const BACKOFF_SECONDS = [0.3, 1, 2, 5, 10];
const TOO_SLOW = 4408;

/**
 * `wanted()`: the run ids to hear all of, beside the board. `learn(event)` is told every event once, in order;
 * `resumed(anew)` after each subscription, `anew` when the hub does not know our place and all must be read again;
 * `changed()` when `live.status` does: connecting, open or offline.
 */
export function listen({ wanted, learn, resumed, changed }) {
  const live = { status: "connecting", connect, subscribe };
  let socket = null;
  let seq = null; // the last event that was told; null before the first subscription
  let failures = 0;
  let timer = 0;

  function become(status) {
    if (live.status !== status) {
      live.status = status;
      changed();
    }
  }

  function connect() {
    clearTimeout(timer);
    if (socket && socket.readyState < WebSocket.CLOSING) return;
    const mine = (socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/api/live"));
    mine.onopen = subscribe;
    mine.onmessage = ({ data }) => mine === socket && hear(JSON.parse(data));
    mine.onclose = ({ code }) => {
      if (mine !== socket) return;
      if (code !== TOO_SLOW) become("offline");
      const seconds = code === TOO_SLOW ? 0 : BACKOFF_SECONDS[Math.min(failures++, BACKOFF_SECONDS.length - 1)];
      timer = setTimeout(connect, seconds * 1000);
    };
  }

  /** Say what is wanted now; takes the place of what was wanted before. */
  function subscribe() {
    if (socket?.readyState !== WebSocket.OPEN) return;
    const place = seq === null ? {} : { after: seq };
    socket.send(JSON.stringify({ subscribe: { runs: wanted(), tasks: [], projects: [], board: true }, ...place }));
  }

  function hear(frame) {
    if (frame.events) {
      for (const event of frame.events) {
        if (event.seq && event.seq <= seq) continue;
        if (event.seq) seq = event.seq;
        learn(event);
      }
      changed();
    } else if (frame.subscribed) {
      failures = 0;
      const anew = seq === null || frame.head < seq; // a smaller head: another database stands behind the address
      seq = anew ? frame.head : Math.max(seq, frame.head);
      become("open");
      resumed(anew);
    }
  }

  addEventListener("online", connect);
  addEventListener("pageshow", connect);
  connect();
  return live;
}
