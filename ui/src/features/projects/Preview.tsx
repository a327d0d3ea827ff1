/** What a file becomes, or became: how much, as which words, and what of it is left out and why. */
import { ArrowRight } from 'lucide-react'
import type { ImportTold, WhyTold } from '@/api/schema'
import { Badge } from '@/kit/Status'
import { Visible } from '@/kit/Visible'
import { PRIORITY, TASK_STATUS } from '@/nouns/TaskStatus'

const SHOWN_AT_MOST = 50

export function Preview({ told: { dry_run, made, known, labels, skipped, notes, unknown, statuses, priorities } }: { told: ImportTold }) {
  const words = [...Object.entries(statuses).map(([from, to]) => [from, TASK_STATUS[to].label] as const), ...Object.entries(priorities).map(([from, to]) => [from, `${PRIORITY[to].label} priority`] as const)]
  return (
    <section aria-label={dry_run ? 'What would be imported' : 'What was imported'} className="flex flex-col gap-3">
      <dl className="grid grid-cols-2 gap-2 sm:grid-cols-4">
        <Count name={dry_run ? 'To be made' : 'Made'} count={made.length} />
        <Count name="Here already" count={known} />
        <Count name="Left out" count={skipped.length} />
        <Count name="New labels" count={labels.length} />
      </dl>
      {made.length > 0 && (
        <Fold name={dry_run ? 'Tasks to be made' : 'Tasks that were made'} count={made.length}>
          <p className="flex flex-wrap gap-1 tabular-nums">
            {made.slice(0, SHOWN_AT_MOST).map((key) => (
              <Badge key={key}>
                <Visible text={key} />
              </Badge>
            ))}
            {made.length > SHOWN_AT_MOST && <span className="text-fg-3">and {made.length - SHOWN_AT_MOST} more</span>}
          </p>
        </Fold>
      )}
      {words.length > 0 && (
        <Fold name="Its words and ours" count={words.length} isOpen>
          <table className="text-left">
            <caption className="sr-only">What its statuses and priorities become</caption>
            <tbody>
              {words.map(([from, to]) => (
                <tr key={`${from} ${to}`}>
                  <th scope="row" className="pr-3 font-normal break-words">
                    {from ? <Visible text={from} /> : <span className="text-fg-3">nothing</span>}
                  </th>
                  <td className="pr-3 text-fg-3">
                    <ArrowRight size={14} aria-label="becomes" />
                  </td>
                  <td>{to}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Fold>
      )}
      <Whys name="Left out" whys={skipped} />
      <Whys name="Imported without all of it" whys={notes} />
      {unknown.length > 0 && (
        <Fold name="Columns that nothing is made of" count={unknown.length}>
          <p className="break-words text-fg-2">
            <Visible text={unknown.join(', ')} />
          </p>
        </Fold>
      )}
    </section>
  )
}

function Count({ name, count }: { name: string; count: number }) {
  return (
    <div className="flex flex-col-reverse rounded-8 bg-sunken px-3 py-2">
      <dt className="text-12 text-fg-2">{name}</dt>
      <dd className="text-16 font-semibold tabular-nums">{count.toLocaleString('en')}</dd>
    </div>
  )
}

function Fold({ name, count, isOpen = false, children }: { name: string; count: number; isOpen?: boolean; children: React.ReactNode }) {
  return (
    <details open={isOpen} className="rounded-8 border border-line">
      <summary className="min-h-8 cursor-pointer px-3 py-1.5 font-medium pointer-coarse:min-h-11 pointer-coarse:py-3">
        {name} <span className="text-12 font-normal text-fg-3 tabular-nums">{count}</span>
      </summary>
      <div className="border-t border-line px-3 py-2">{children}</div>
    </details>
  )
}

function Whys({ name, whys }: { name: string; whys: readonly WhyTold[] }) {
  if (whys.length === 0) return null
  return (
    <Fold name={name} count={whys.length}>
      <ul className="flex flex-col gap-1">
        {whys.slice(0, SHOWN_AT_MOST).map(({ where, why }, at) => (
          <li key={at} className="break-words">
            <span className="font-medium tabular-nums">
              <Visible text={where} />
            </span>{' '}
            <span className="text-fg-2">
              <Visible text={why} />
            </span>
          </li>
        ))}
        {whys.length > SHOWN_AT_MOST && <li className="text-fg-3">and {whys.length - SHOWN_AT_MOST} more</li>}
      </ul>
    </Fold>
  )
}
