// What a review reads and does, with the cache kept right at once. Above: the page's parts. Below: the client.

import { useInfiniteQuery, useMutation, useQuery, useQueryClient, type InfiniteData, type QueryClient } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { ask, call, keyOf } from '@/api/client'
import type { FilesTold, FileTold, RemarkTold } from '@/api/schema'
import { toastError } from '@/kit/toast'
import type { Place } from './places'

type Pages = InfiniteData<FilesTold, number>

/** All changed files, page by page until there are no more. `since`: a commit, for what is otherwise than there. */
export function useFiles(run: string, since: string | undefined) {
  const query = useInfiniteQuery({
    queryKey: keyOf('GET /api/runs/{run_id}/files', { path: { run_id: run }, query: { since } }),
    queryFn: ({ pageParam, signal }) => call('GET /api/runs/{run_id}/files', { path: { run_id: run }, query: { since, after: pageParam }, signal }),
    initialPageParam: 0,
    getNextPageParam: (last) => last.next,
  })
  const { data, hasNextPage, isFetching, isError, fetchNextPage } = query
  useEffect(() => {
    if (hasNextPage && !isFetching && !isError) void fetchNextPage()
  }, [hasNextPage, isFetching, isError, fetchNextPage])
  const files = useMemo(() => data?.pages.flatMap((page) => page.files), [data])
  return { ...query, files, first: data?.pages[0] }
}

export const useRemarks = (run: string) => useQuery(ask('GET /api/runs/{run_id}/remarks', { path: { run_id: run } }))
export const useStanding = (run: string) => useQuery(ask('GET /api/runs/{run_id}/review', { path: { run_id: run } }))

export function useActs(run: string) {
  const client = useQueryClient()
  const path = { run_id: run }
  const remarksKey = keyOf('GET /api/runs/{run_id}/remarks', { path })
  const change = (to: (known: RemarkTold[]) => RemarkTold[]) => {
    client.setQueryData<RemarkTold[]>(remarksKey, (known) => to(known ?? []))
    void client.invalidateQueries({ queryKey: keyOf('GET /api/runs/{run_id}/review', { path }) })
  }

  const comment = useMutation({
    mutationFn: ({ place, text, head }: { place: Place; text: string; head: string }) => call('POST /api/runs/{run_id}/remarks', { path, body: { ...place, text, head } }),
    onSuccess: (made) => change((known) => [...known, made]),
  })
  const edit = useMutation({
    mutationFn: ({ id, text }: { id: string; text: string }) => call('PATCH /api/runs/{run_id}/remarks/{remark_id}', { path: { ...path, remark_id: id }, body: { text } }),
    onSuccess: (edited) => change((known) => known.map((one) => (one.id === edited.id ? edited : one))),
  })
  const remove = useMutation({
    mutationFn: (id: string) => call('DELETE /api/runs/{run_id}/remarks/{remark_id}', { path: { ...path, remark_id: id } }),
    onSuccess: (_, id) => change((known) => known.filter((one) => one.id !== id)),
    onError: toastError,
  })
  const view = useMutation({
    mutationFn: ({ file, viewed }: { file: string; viewed: boolean }) => call('PUT /api/runs/{run_id}/viewed', { path, body: { path: file, viewed } }),
    onMutate: ({ file, viewed }) => changeFile(client, run, file, (known) => ({ ...known, viewed })),
    onError: (error, { file, viewed }) => {
      changeFile(client, run, file, (known) => ({ ...known, viewed: !viewed }))
      toastError(error)
    },
    onSuccess: () => void client.invalidateQueries({ queryKey: keyOf('GET /api/runs/{run_id}/review', { path }) }),
  })
  const rest = useMutation({
    mutationFn: ({ file, from }: { file: string; from: number }) => call('GET /api/runs/{run_id}/files', { path, query: { path: file, from_line: from, lines: 20_000 } }),
    onSuccess: (told, { file }) => {
      const more = told.files[0]
      if (more) changeFile(client, run, file, (known) => ({ ...known, hunks: [...known.hunks, ...more.hunks], next_line: more.next_line, cut: more.cut }))
    },
    onError: toastError,
  })
  return { comment, edit, remove, view, rest }
}

function changeFile(client: QueryClient, run: string, path: string, to: (file: FileTold) => FileTold): void {
  client.setQueriesData<Pages>({ queryKey: ['GET /api/runs/{run_id}/files', { run_id: run }] }, (known) =>
    known && { ...known, pages: known.pages.map((page) => (page.files.some((file) => file.path === path) ? { ...page, files: page.files.map((file) => (file.path === path ? to(file) : file)) } : page)) },
  )
}
