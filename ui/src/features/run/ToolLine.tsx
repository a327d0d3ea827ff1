/** A tool call: what, of which kind, how it went; inside what went in, what it changed, what came out. */
import { CircleCheck, CircleDashed, CircleX, FilePen, FileText, FileX, Globe, LoaderCircle, Move, Search, Terminal, Wrench, type LucideIcon } from 'lucide-react'
import { DiffText } from '@/kit/DiffText'
import { exact } from '@/kit/exact'
import { Lines } from '@/kit/figures'
import { Status, type StatusProps } from '@/kit/Status'
import { linesOfChange, sizeOfChange } from './changes'
import type { Tool } from './entries'
import { Fold, LongText } from './Fold'

const ICONS: Record<string, LucideIcon> = { read: FileText, edit: FilePen, delete: FileX, move: Move, search: Search, execute: Terminal, fetch: Globe }
const STATES: Record<Tool['status'], StatusProps> = {
  pending: { icon: CircleDashed, tone: 'plain', children: 'To come' },
  running: { icon: LoaderCircle, tone: 'run', children: 'Running' },
  completed: { icon: CircleCheck, tone: 'ok', children: 'Done' },
  failed: { icon: CircleX, tone: 'bad', children: 'Failed' },
}

export function ToolLine({ tool, isOpen, onOpen }: { tool: Tool; isOpen: boolean; onOpen(next: boolean): void }) {
  const { status, changes, input, output } = tool
  const beside = isOpen ? '' : changes.length ? changes.map((change) => change.path).join(', ') : tool.title.startsWith(firstLine(input)) ? firstLine(output) : firstLine(input)
  return (
    <Fold
      icon={ICONS[tool.tool] ?? Wrench}
      tone={status === 'failed' ? 'bad' : 'run'}
      title={exact(tool.title || tool.id)}
      beside={exact(beside)}
      end={<Status bare {...STATES[status]} />}
      isOpen={isOpen}
      onOpen={onOpen}
    >
      {input && <Part name="Input" text={input} />}
      {changes.map((change, index) => (
        <div key={index} className="min-w-0">
          <p className="mb-1 flex flex-wrap items-center gap-2 text-12 text-fg-2">
            {change.old === null ? 'New file' : 'Changed'} <code className="break-all text-fg">{exact(change.path)}</code> <Lines {...sizeOfChange(change)} />
          </p>
          <DiffText text={linesOfChange(change)} label={`Changes of ${change.path}`} />
        </div>
      ))}
      {output && <Part name="Output" text={output} />}
      {!input && !output && !changes.length && <p className="text-fg-2">It has told nothing more.</p>}
    </Fold>
  )
}

function Part({ name, text }: { name: string; text: string }) {
  return (
    <div className="min-w-0">
      <p className="mb-1 text-12 font-medium text-fg-3">{name}</p>
      <LongText text={text} label={name} />
    </div>
  )
}

const firstLine = (text: string): string => text.trimStart().split('\n', 1)[0] ?? ''
