/** Whether the timeline follows its end: until somebody goes up by wheel, finger, key or scroll bar; again, once they are back at the end. */
import { useRef, useState, type KeyboardEvent, type PointerEvent, type UIEvent, type WheelEvent } from 'react'

const UP = new Set(['ArrowUp', 'PageUp', 'Home'])

export function useStick(isAtEnd: () => boolean) {
  const [isStuck, setStuck] = useState(true)
  const top = useRef(0)
  const isHeld = useRef(false)
  return {
    isStuck,
    let: setStuck,
    heard: {
      onWheel: (event: WheelEvent) => {
        if (event.deltaY < 0 && canScroll(event.currentTarget)) setStuck(false)
      },
      onTouchMove: (event: { currentTarget: Element }) => {
        if (canScroll(event.currentTarget)) setStuck(false)
      },
      onKeyDown: (event: KeyboardEvent) => {
        if (event.target === event.currentTarget && UP.has(event.key) && canScroll(event.currentTarget)) setStuck(false)
      },
      onPointerDown: (event: PointerEvent) => {
        isHeld.current = event.target === event.currentTarget
      },
      onPointerUp: () => {
        isHeld.current = false
      },
      onScroll: ({ currentTarget: box }: UIEvent) => {
        const isUp = box.scrollTop < top.current
        top.current = box.scrollTop
        if (isUp && isHeld.current) setStuck(false)
        else if (!isUp && !isStuck && isAtEnd()) setStuck(true)
      },
    },
  }
}

const canScroll = (box: Element): boolean => box.scrollHeight > box.clientHeight
