/** What is shown instead of a page: there is none of that address, or it broke. Fetched only then. */
import { type ErrorComponentProps, Link } from '@tanstack/react-router'
import { Compass } from 'lucide-react'
import { buttonLook } from '@/kit/look'
import { EmptyState, ErrorState } from '@/kit/states'

export function Failed({ error, reset }: ErrorComponentProps) {
  return <ErrorState what="This page could not be shown." error={error instanceof Error ? error : new Error(String(error))} onRetry={reset} />
}

export function NoSuchPage() {
  const back = (
    <Link to="/projects" className={buttonLook()}>
      To the projects
    </Link>
  )
  return (
    <EmptyState icon={Compass} action={back}>
      There is no such page.
    </EmptyState>
  )
}
