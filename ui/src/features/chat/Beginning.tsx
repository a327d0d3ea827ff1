/** Before the first word: what this is for, and three ways to begin. */
import { BookOpenText, ListTodo, MessagesSquare, Sparkles, type LucideIcon } from 'lucide-react'
import type { ProjectTold } from '@/api/schema'

const SUGGESTIONS: ReadonlyArray<[LucideIcon, string, string]> = [
  [BookOpenText, 'Explain the repository', 'How is this repository built up, and where would a newcomer begin to read?'],
  [ListTodo, 'What is to be done first', 'Which of the open tasks should be done first, and why? What stands in their way?'],
  [Sparkles, 'Propose tasks', 'Look through the code and the tests: which three improvements would help most? Propose a task for each.'],
]

export function Beginning({ project, onChoose }: { project: ProjectTold; onChoose(text: string): void }) {
  return (
    <div className="flex min-h-0 flex-1 flex-col items-center justify-center gap-6 overflow-y-auto p-4">
      <div className="flex flex-col items-center gap-2 text-center">
        <MessagesSquare size={24} aria-hidden className="text-fg-3" />
        <h2 className="text-16">Talk about {project.name}</h2>
        <p className="max-w-112 text-fg-2">An agent reads the repository and knows the tasks. It changes nothing; what it proposes is done when you confirm it.</p>
      </div>
      <ul className="grid w-full max-w-3xl gap-3 sm:grid-cols-3">
        {SUGGESTIONS.map(([Icon, title, text]) => (
          <li key={title} className="flex">
            <button type="button" onClick={() => onChoose(text)} className="flex w-full flex-col gap-1 rounded-8 border border-line bg-surface p-3 text-left hover:border-line-strong hover:bg-hover">
              <span className="flex items-center gap-2 font-medium">
                <Icon size={16} aria-hidden className="text-accent-text" />
                {title}
              </span>
              <span className="text-12 text-fg-2">{text}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}
