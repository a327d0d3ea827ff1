/** Shown instead of any page while the hub does not know who looks; and at /sign-in, where whoever comes from elsewhere goes on from. */
import { Frame } from '@/nouns/Frame'
import { SignIn } from './SignIn'

export interface SignInPageProps {
  returnTo: string
  onSignedIn(user: string): void
}

export default function SignInPage(props: SignInPageProps) {
  return (
    <Frame title="Sign in" about={<>to the hub at {location.host}</>}>
      <SignIn {...props} />
    </Frame>
  )
}
