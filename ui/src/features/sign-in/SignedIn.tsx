/** Where a provider leads that was opened beside the page that waits. */
import { useEffect } from 'react'
import { Button } from '@/kit/Button'
import { Frame } from '@/nouns/Frame'
import { tellTabs } from '@/nouns/tabs'

export function SignedIn() {
  useEffect(() => {
    tellTabs()
    close()
  }, [])
  return (
    <Frame title="You are signed in" about="Close this tab, and go on in the one you came from.">
      <Button kind="primary" autoFocus onPress={() => close()}>
        Close
      </Button>
    </Frame>
  )
}
