/** A few changed lines, as `diff -u` writes them, coloured by their first sign; that sign stays, so colour is never alone. */
import { memo } from 'react'
import { exact } from './exact'
import { join } from './look'

const LINES_AT_MOST = 400
const LOOKS: Record<string, string> = { '+': 'bg-ok-soft text-ok', '-': 'bg-bad-soft text-bad', '@': 'text-info' }

export const isDiff = (text: string): boolean => /^--- .*\n\+\+\+ .*\n@@/m.test(text)

export const DiffText = memo(function DiffText({ text, label, className }: { text: string; label: string; className?: string }) {
  const lines = text.split('\n')
  return (
    <pre tabIndex={0} role="group" aria-label={label} className={join('max-h-96 overflow-auto rounded-6 border border-line bg-sunken py-1 leading-[1.5]', className)}>
      <code className="block w-max min-w-full">
        {lines.slice(0, LINES_AT_MOST).map((line, index) => (
          <span key={index} className={join('block px-3', /^(\+\+\+|---) /.test(line) ? 'font-medium text-fg-2' : LOOKS[line[0] ?? ''])}>
            {exact(line) || ' '}
          </span>
        ))}
        {lines.length > LINES_AT_MOST && <span className="block px-3 text-fg-3">{(lines.length - LINES_AT_MOST).toLocaleString('en')} more lines are not shown here</span>}
      </code>
    </pre>
  )
})
