/** Devices whose key speaks for one. */
import { Section } from './Section'

export default function Devices() {
  return (
    <Section title="Devices" about="Machines whose own key signs in for you.">
      <p className="px-4 py-3 text-fg-2">None yet.</p>
    </Section>
  )
}
