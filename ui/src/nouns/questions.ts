/** What a question's options come to for people: agents word them as they like, the house says what each does. Pure but for `useAnswer`. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { call } from '@/api/client'
import type { Option, QuestionTold } from '@/api/schema'
import { toast, toastError } from '@/kit/toast'

/** The part of a question that a card needs. */
export type Question = Pick<QuestionTold, 'id' | 'title' | 'detail' | 'options' | 'act' | 'rule' | 'who' | 'deadline_at'>

export interface Ways {
  once: Option | null
  always: Option | null
  deny: Option | null
  /** What fits none of these: shown in the agent's own words. */
  others: Option[]
}

export function waysOf(options: readonly Option[]): Ways {
  const first = (...effects: string[]) => effects.map((effect) => options.find((option) => option.effect === effect)).find(Boolean) ?? null
  const once = first('allow_once')
  const always = first('allow_always')
  const deny = first('reject_once', 'reject_always')
  return { once, always, deny, others: options.filter((option) => option !== once && option !== always && option !== deny) }
}

/** "Any developer may answer": `who` is the least role. */
export const whoMay = (who: string): string => (who === 'admin' ? 'An administrator answers' : who === 'developer' ? 'Any developer answers' : `${who} answers`)

export function useAnswer(question: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ option, text }: { option: Option; text?: string }) => call('POST /api/questions/{question_id}/answer', { path: { question_id: question }, body: { option: option.id, text: text || null } }),
    onSuccess: (_, { option }) => toast(option.effect?.startsWith('reject') ? 'Denied' : option.effect?.startsWith('allow') ? 'Allowed' : 'Answered'),
    onError: toastError,
    onSettled: () => void client.invalidateQueries({ queryKey: ['GET /api/inbox'] }),
  })
}
