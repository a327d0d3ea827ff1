/** What the agent waits for, pinned above the composer; what is put off shrinks to one line. */
import { MessageCircleQuestion } from 'lucide-react'
import type { RunDetail } from '@/api/schema'
import { Button } from '@/kit/Button'
import { useNeeds } from '@/nouns/needs'
import { QuestionCard } from '@/nouns/QuestionCard'
import { snooze, useSnoozed, wake } from '@/nouns/snoozed'
import { ENDED } from '@/nouns/RunState'
import { many } from './words'

export function OpenQuestions({ run }: { run: RunDetail }) {
  const { needs } = useNeeds()
  const until = useSnoozed()
  const open = ENDED.has(run.state) ? [] : run.questions.filter((question) => question.is_open)
  if (!open.length) return null
  const later = open.filter((question) => (until[question.id] ?? 0) > Date.now())
  const now = open.filter((question) => !later.includes(question))
  return (
    <div className="max-h-[55%] shrink-0 overflow-y-auto border-t border-line bg-bg px-4 py-3">
      <div className="mx-auto flex max-w-[60rem] flex-col gap-2">
        {now.map((question, index) => (
          <QuestionCard
            key={question.id}
            question={question}
            isActive={index === 0}
            mayAnswer={needs.questions.find((entry) => entry.id === question.id)?.may_answer ?? true}
            onLater={() => snooze(question.id)}
          />
        ))}
        {later.length > 0 && (
          <div className="flex min-h-control items-center gap-2 text-fg-2">
            <MessageCircleQuestion size={16} aria-hidden className="text-warn" />
            <span className="flex-1">{many(later.length, 'question')} put off; the agent still waits.</span>
            <Button onPress={() => wake(...later.map((question) => question.id))}>Answer</Button>
          </div>
        )}
      </div>
    </div>
  )
}
