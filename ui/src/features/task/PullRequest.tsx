/** Its pull request; while there is none, why none can be opened from here. */
import { GitPullRequest } from 'lucide-react'
import type { TaskTold } from '@/api/schema'
import { Button } from '@/kit/Button'

export function PullRequest({ task }: { task: TaskTold }) {
  const { github_pr_url: url, github_pr_number: number, github_branch_name: branch } = task
  if (url)
    return (
      // Said by another program: only what a browser opens as a page is made a link.
      <a href={/^https?:/i.test(url) ? url : undefined} target="_blank" rel="noopener noreferrer nofollow" className="inline-flex h-control items-center gap-1.5 px-3 text-accent-text hover:underline">
        <GitPullRequest size={14} aria-hidden />
        {number === null ? 'Pull request' : `#${number}`}
      </a>
    )
  const why = branch ? 'This hub opens no pull requests yet; push the branch yourself.' : 'There is no branch with work yet.'
  return (
    <span className="flex flex-col gap-1">
      <Button icon={GitPullRequest} isDisabled className="self-start" aria-describedby="no-pull-request">
        Create pull request
      </Button>
      <span id="no-pull-request" className="text-12 text-fg-3">
        {branch && <code>{branch}</code>} {why}
      </span>
    </span>
  )
}
