/** What a view does later, or again and again, and no more once it has ended. */

/** Do something when a view ends. */
export const onAbort = (signal: AbortSignal, ended: () => void): void =>
  signal.addEventListener("abort", ended, { once: true });

/** Call `tick` every so many milliseconds until the signal. */
export function every(ms: number, signal: AbortSignal, tick: () => void): void {
  const timer = setInterval(tick, ms);
  onAbort(signal, () => clearInterval(timer));
}

/** A function that has `draw` called once in the next frame, however often it is called before. */
export function inNextFrame(signal: AbortSignal, draw: () => void): () => void {
  let frame = 0;
  onAbort(signal, () => cancelAnimationFrame(frame));
  return () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      draw();
    });
  };
}
