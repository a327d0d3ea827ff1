import { createFileRoute } from '@tanstack/react-router'
import { SignInRoute } from '@/features/sign-in/SignInRoute'
import { placeIn } from '@/nouns/place'

interface Search {
  return_to?: string | undefined
}

export const Route = createFileRoute('/sign-in')({
  component: SignInRoute,
  validateSearch: ({ return_to: place }: Record<string, unknown>): Search => ({ return_to: place === undefined ? undefined : placeIn(place) }),
})
