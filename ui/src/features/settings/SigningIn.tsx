/** How one proves to be oneself, and where one is signed in. */
import { Identities } from './Identities'
import { Passkeys } from './Passkeys'
import { Password } from './Password'
import { Sessions } from './Sessions'

export default function SigningIn() {
  return (
    <>
      <Password />
      <Passkeys />
      <Identities />
      <Sessions />
    </>
  )
}
