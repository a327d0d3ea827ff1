/** /sign-in: where one goes on from once one is known stands in the address, and never leads away from this hub. */
import { getRouteApi } from '@tanstack/react-router'
import SignInPage from './SignInPage'

const route = getRouteApi('/sign-in')

export function SignInRoute() {
  const { return_to: place = '/' } = route.useSearch()
  return <SignInPage returnTo={place} onSignedIn={() => location.replace(place)} />
}
