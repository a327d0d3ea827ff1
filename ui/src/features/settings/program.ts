// A browser or program by the name that it gives itself, in words. Pure.

const PROGRAMS: ReadonlyArray<[RegExp, string]> = [
  [/^clawlink|coderclawlink/i, 'clawlink'],
  [/\bEdg(e|A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/Chrom(e|ium)\/|\bCriOS\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
  [/^curl\//, 'curl'],
  [/python|httpx/i, 'A Python program'],
]
const SYSTEMS: ReadonlyArray<[RegExp, string]> = [
  [/iPhone|iPad/, 'iOS'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/CrOS/, 'ChromeOS'],
  [/Linux|X11/, 'Linux'],
]

/** "Firefox on Linux", "curl"; what is not known is told as it is, cut short. */
export function programOf(agent: string | null): string {
  if (!agent) return 'Unknown program'
  const named = (list: typeof PROGRAMS) => list.find(([pattern]) => pattern.test(agent))?.[1]
  const program = named(PROGRAMS) ?? agent.slice(0, 40)
  const system = named(SYSTEMS)
  return system ? `${program} on ${system}` : program
}
