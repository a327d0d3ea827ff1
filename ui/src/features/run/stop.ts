/** Of all lines of a timeline only one is reached by Tab, with all that it holds; the arrows go on to the others. */
import { createContext, useContext } from 'react'

export const Stop = createContext(true)

/** The `tabIndex` of what can be focused in a line. */
export const useStop = (): 0 | -1 => (useContext(Stop) ? 0 : -1)
