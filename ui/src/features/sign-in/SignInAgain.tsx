/** Over the page when the session has ended while somebody was at work: what is typed there stays, and what was pressed is done afterwards. */
import { Dialog, Modal, ModalOverlay } from 'react-aria-components'
import { Frame } from '@/nouns/Frame'
import { SignIn } from './SignIn'

export default function SignInAgain({ before, onSignedIn }: { before: string; onSignedIn(user: string): void }) {
  return (
    <ModalOverlay isOpen isKeyboardDismissDisabled className="fixed inset-0 z-50 overflow-y-auto bg-bg">
      <Modal className="min-h-full outline-none">
        <Dialog aria-label="Sign in again" className="outline-none">
          <Frame title="Your session has ended" about="Sign in again to go on where you were. What you typed is still there.">
            <SignIn before={before} onSignedIn={onSignedIn} />
          </Frame>
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
