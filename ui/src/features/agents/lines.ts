// What differs between two texts, line by line: the longest common part stays. Pure; for texts of a few hundred lines.

export interface Line {
  sign: ' ' | '+' | '-'
  text: string
}

export function difference(before: string, after: string): Line[] {
  const old = before === '' ? [] : before.trimEnd().split('\n')
  const fresh = after === '' ? [] : after.trimEnd().split('\n')
  // common[i][j]: how many lines old[i…] and fresh[j…] have in common, in order
  const common = Array.from({ length: old.length + 1 }, () => Array.from({ length: fresh.length + 1 }, () => 0))
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = fresh.length - 1; j >= 0; j--) common[i]![j] = old[i] === fresh[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, common[i]![j + 1]!)
  const lines: Line[] = []
  let i = 0
  let j = 0
  while (i < old.length || j < fresh.length) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) {
      lines.push({ sign: ' ', text: old[i++]! })
      j++
    } else if (j >= fresh.length || (i < old.length && common[i + 1]![j]! >= common[i]![j + 1]!)) lines.push({ sign: '-', text: old[i++]! })
    else lines.push({ sign: '+', text: fresh[j++]! })
  }
  return lines
}
