// Sizes of files in words. Pure.

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB']

/** "3.4 MB". */
export function sizeOf(bytes: number): string {
  const step = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3))
  return `${step ? (bytes / 1000 ** step).toFixed(1) : bytes} ${UNITS[step]}`
}
