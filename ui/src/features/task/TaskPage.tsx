import { Page } from '@/kit/Page'

export function TaskPage({ taskKey }: { taskKey: string }) {
  return <Page title={taskKey}>{null}</Page>
}
