/** What people have answered "always" to, and how to take it back. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ask, call } from '@/api/client'
import type { LearntTold } from '@/api/schema'
import { Button } from '@/kit/Button'
import { Time } from '@/kit/figures'
import { toast, toastError } from '@/kit/toast'
import { Effect } from '@/nouns/Effect'

export function LearntRules({ name }: { name: string }) {
  const { data: learnt } = useQuery(ask('GET /api/agents/{name}/learnt', { path: { name } }))
  const client = useQueryClient()
  const forget = useMutation({
    mutationFn: (one: LearntTold) => call('DELETE /api/agents/{name}/rules/{learnt_id}', { path: { name, learnt_id: one.id } }),
    onSuccess: (_, one) => {
      toast(`Forgotten: ${one.text}`)
      void client.invalidateQueries({ queryKey: ['GET /api/agents/{name}/learnt'] })
    },
    onError: toastError,
  })
  if (!learnt) return null
  return (
    <section aria-label="Learnt rules">
      <h2 className="text-14">Learnt from answers</h2>
      <p className="mb-2 text-12 text-fg-2">Who answers “always” is not asked the same again on that task. What is forgotten is asked about again from the next attempt on.</p>
      {learnt.length === 0 ? (
        <p className="text-fg-3">It has learnt nothing yet.</p>
      ) : (
        <ul className="divide-y divide-line rounded-8 border border-line bg-surface">
          {learnt.map((one) => (
            <li key={one.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 py-1 pr-1 pl-3">
              <Effect effect={one.rule.effect} />
              <code className="min-w-0 flex-1 break-all">{one.text.replace(/^\w+ ?/, '')}</code>
              <span className="text-12 text-fg-2">
                {one.task_key ? (
                  <Link to="/tasks/$key" params={{ key: one.task_key }} className="text-accent-text underline underline-offset-2">
                    {one.task_key}
                  </Link>
                ) : (
                  'One run'
                )}
                , {one.learnt_by}, <Time at={one.learnt_at} />
              </span>
              <Button kind="quiet" aria-label={`Forget ${one.text}`} isDisabled={forget.isPending} onPress={() => forget.mutate(one)}>
                Forget
              </Button>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
