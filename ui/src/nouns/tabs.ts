// The tabs of this browser tell each other that somebody has signed in, or proven anew who that is. Above: signing in.

const NAME = 'clawlink.signed-in'

export function tellTabs(): void {
  const channel = new BroadcastChannel(NAME)
  channel.postMessage(null)
  channel.close()
}

/** Returns what ends it. A tab does not hear itself. */
export function hearTabs(act: () => void): () => void {
  const channel = new BroadcastChannel(NAME)
  channel.onmessage = act
  return () => channel.close()
}
