import { createFileRoute, useRouterState } from '@tanstack/react-router'
import { InvitationPage } from '@/features/invitation/InvitationPage'

export const Route = createFileRoute('/invitation')({ component: Invited })

/** Browsers send nothing of what stands behind the `#`, where the code is. */
function Invited() {
  const code = useRouterState({ select: ({ location }) => location.hash })
  return <InvitationPage key={code} code={code} />
}
