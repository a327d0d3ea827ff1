/** Text that is meant to be taken along: a button that copies, and a command in a line with one. */
import { Check, Copy as CopyIcon } from 'lucide-react'
import { useEffect, useState } from 'react'
import { IconButton } from './Button'
import { toast } from './toast'

const SAID_MS = 2000

export function Copy({ text, name = 'Copy' }: { text: string; name?: string }) {
  const [isDone, setDone] = useState(false)
  useEffect(() => {
    if (!isDone) return
    const timer = setTimeout(() => setDone(false), SAID_MS)
    return () => clearTimeout(timer)
  }, [isDone])
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setDone(true),
      () => toast('The browser does not let this page copy.', { tone: 'bad' }),
    )
  return <IconButton name={isDone ? 'Copied' : name} icon={isDone ? Check : CopyIcon} onPress={() => void copy()} />
}

/** A command to run elsewhere; or with another `name`, something else to take along. */
export function CommandLine({ children, name = 'Copy the command' }: { children: string; name?: string }) {
  return (
    <div className="flex items-center gap-2 rounded-6 border border-line bg-sunken pl-3">
      <code className="min-w-0 flex-1 py-1.5 break-all text-fg">{children}</code>
      <Copy text={children} name={name} />
    </div>
  )
}
