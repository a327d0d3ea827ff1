/** What was asked and how it was decided, newest first; each can be tried again on the policy that is edited. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { CircleCheck, CircleSlash, FlaskConical, RotateCw, Scale } from 'lucide-react'
import { useState } from 'react'
import { call } from '@/api/client'
import type { JsonValue } from '@/api/schema'
import { Button, IconButton } from '@/kit/Button'
import { Switch } from '@/kit/Field'
import { Time } from '@/kit/figures'
import { EmptyState, ErrorState, Skeleton } from '@/kit/states'
import { Status } from '@/kit/Status'
import { Cell, Row, Table } from '@/kit/Table'

const COLUMNS = [{ label: 'Who' }, { label: 'Permission' }, { label: 'Decided' }, { label: 'By' }, { label: 'When' }, { label: 'Try', isHidden: true }]
const BY: Record<string, string> = { builtin: 'Roles', policy: 'Policy', opa: 'Open Policy Agent' }

export function Decisions({ project, onTry }: { project: number | undefined; onTry(input: Record<string, JsonValue>): void }) {
  const [refused, setRefused] = useState(false)
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetching, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['GET /api/policies/decisions', { project, refused }],
    queryFn: ({ pageParam, signal }) => call('GET /api/policies/decisions', { query: { project_id: project, refused, before: pageParam, limit: 50 }, signal }),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    staleTime: 0,
  })
  const found = data?.pages.flatMap(({ decisions }) => decisions)
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-3">
        <p className="min-w-60 flex-1 text-fg-2">Of the last thirty days: every write, every refusal, and one look in a hundred.</p>
        <Switch isSelected={refused} onChange={setRefused}>
          Only refusals
        </Switch>
        <IconButton name="Read anew" icon={RotateCw} isDisabled={isFetching} onPress={() => void refetch()} />
      </div>
      {error && !found ? (
        <ErrorState what="The decisions could not be read." error={error} onRetry={() => void refetch()} />
      ) : !found ? (
        <Skeleton />
      ) : found.length === 0 ? (
        <EmptyState icon={Scale} action={refused ? <Button onPress={() => setRefused(false)}>Show all</Button> : undefined}>
          {refused ? 'Nothing was refused.' : 'Nothing was asked here yet.'}
        </EmptyState>
      ) : (
        <Table label="Decisions" columns={COLUMNS}>
          {found.map(({ id, at, permission, input, allowed, by, reason }) => (
            <Row key={id}>
              <Cell isHead>{nameIn(input)}</Cell>
              <Cell>
                <code>{permission}</code>
              </Cell>
              <Cell>
                <Status bare icon={allowed ? CircleCheck : CircleSlash} tone={allowed ? 'ok' : 'bad'}>
                  {allowed ? 'Allowed' : 'Refused'}
                </Status>
                {reason && <p className="text-12 break-words text-fg-2">{reason}</p>}
              </Cell>
              <Cell>{BY[by] ?? by}</Cell>
              <Cell className="text-fg-2">
                <Time at={at} />
              </Cell>
              <Cell className="text-right">
                <Button kind="quiet" icon={FlaskConical} onPress={() => onTry(input)}>
                  Try
                </Button>
              </Cell>
            </Row>
          ))}
        </Table>
      )}
      {hasNextPage && (
        <Button className="self-center" isPending={isFetchingNextPage} onPress={() => void fetchNextPage()}>
          Show older
        </Button>
      )}
    </div>
  )
}

function nameIn({ actor }: Record<string, JsonValue>): string {
  return typeof actor === 'object' && actor !== null && 'name' in actor ? String(actor.name) : '?'
}
