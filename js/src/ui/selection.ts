/** Text that a reader selects. */

/** Call `listener` while text is selected that begins in `node`; a shadow root may know of it alone. */
export function onSelection(node: HTMLElement, signal: AbortSignal, listener: () => void): void {
  const check = () => {
    const root = node.getRootNode() as Document;
    const selection = (root.getSelection?.bind(root) ?? getSelection)();
    if (selection && !selection.isCollapsed && node.contains(selection.anchorNode)) listener();
  };
  document.addEventListener("selectionchange", check, { signal });
}
