/** What a terminal said, in the colours of the theme. Text only: whatever stands in it is shown, never done. */
import Anser from 'anser'
import { memo } from 'react'
import { join } from './look'

const COLOURS: Record<string, string> = {
  'ansi-black': 'text-fg-3',
  'ansi-red': 'text-bad',
  'ansi-green': 'text-ok',
  'ansi-yellow': 'text-warn',
  'ansi-blue': 'text-info',
  'ansi-magenta': 'text-run',
  'ansi-cyan': 'text-info',
  'ansi-white': 'text-fg',
}

export const Ansi = memo(function Ansi({ text, className }: { text: string; className?: string }) {
  const parts = Anser.ansiToJson(text, { use_classes: true, remove_empty: true })
  return (
    <pre className={join('overflow-x-auto text-12 leading-[1.5] whitespace-pre-wrap break-words', className)}>
      {parts.map((part, index) => {
        const look = join(part.fg && (COLOURS[part.fg.replace('bright-', '')] ?? ''), part.decorations.includes('bold') && 'font-semibold', part.decorations.includes('dim') && 'opacity-70')
        return look ? (
          <span key={index} className={look}>
            {part.content}
          </span>
        ) : (
          part.content
        )
      })}
    </pre>
  )
})
