/** How long work may go on before the event loop gets its turn, in milliseconds. */
const sliceMs = 8;

/**
 * Gives long loops a way to let timers, input and other work through: `await turn()` inside the loop costs nothing until
 * 8 ms have passed, and then lets the event loop go round once.
 */
export function makeTurn(signal?: AbortSignal): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < sliceMs) return undefined;
    signal?.throwIfAborted();
    return new Promise((resolve) => {
      // A message is a task of its own everywhere; setTimeout would wait for one to several milliseconds.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        since = performance.now();
        resolve();
      };
      port2.postMessage(null);
    });
  };
}
