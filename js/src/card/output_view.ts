/**
 * One output, drawn. Pictures are image elements, in which neither scripts nor requests of an SVG run; HTML goes into a
 * frame without scripts, whose policy fetches nothing; everything else is text.
 */
import type { OutputContent, OutputItem } from "../kernel/protocol.ts";
import { parseLine } from "../log/ansi.ts";
import { h } from "../ui/dom.ts";
import { onAbort } from "../ui/timing.ts";
import { span } from "./log_row.ts";

/** Pixels. A page of HTML that is higher scrolls in its frame. */
const MAX_FRAME = 600;
/** Pixels. */
const SCROLL_BAR = 16;
/** Lines of text that are drawn; a page lays out no more without a pause. */
const MAX_LINES = 2000;

const POLICY =
  "default-src 'none'; img-src data:; media-src data:; font-src data:; style-src 'unsafe-inline'; form-action 'none'";

/** Tables as a notebook has them. */
const STYLE = `
:root { color-scheme: light dark }
body { margin: 0; padding: 2px; display: flow-root; font: 13px/1.45 system-ui, sans-serif; overflow-wrap: break-word }
table, th, td { border: 0 }
table { border-collapse: collapse; font-size: 12px; margin: 0 }
th, td { padding: 4px 8px; text-align: right; white-space: nowrap }
thead th { border-bottom: 1px solid; font-weight: 600 }
tbody tr:nth-child(odd) { background: #8881 }
img, svg, video { max-width: 100%; height: auto }
pre, code { font: 12px/1.45 ui-monospace, Menlo, monospace; white-space: pre-wrap }
a { color: inherit }
p:first-child, h1:first-child, h2:first-child { margin-top: 0 }
p:last-child { margin-bottom: 0 }
`;

export function drawOutput(item: OutputItem, content: OutputContent | undefined, signal: AbortSignal): HTMLElement {
  const isError = content?.kind === "error" || item.label === "error";
  const node = h("div", {
    class: `hfj-output${isError ? " hfj-output-error" : ""}`,
    role: "listitem",
    tabindex: -1,
    "aria-label": `Output ${item.number}: ${item.label}`,
  });
  if (content === undefined) {
    node.append(placeholder(item));
    return node;
  }
  node.append(body(item, content, signal));
  if (content.note !== "") node.append(h("p", { class: "hfj-output-note hfj-muted" }, content.note));
  return node;
}

function body(item: OutputItem, { mime, text }: OutputContent, signal: AbortSignal): HTMLElement {
  if (mime.startsWith("image/")) return picture(item, mime, text);
  if (mime === "text/html") return frame(item, text, signal);
  // Lines of a traceback are not wrapped, so whoever has no mouse scrolls it.
  const pre = h("pre", { class: `hfj-output-text${mime === "text/latex" ? " hfj-latex" : ""}`, tabindex: 0 });
  const lines = text.replace(/\n$/, "").split("\n");
  for (const line of lines.slice(0, MAX_LINES)) pre.append(...parseLine(line).pieces.map(span), "\n");
  if (lines.length > MAX_LINES) pre.append(h("span", { class: "hfj-muted" }, `… +${lines.length - MAX_LINES} lines`));
  return pre;
}

/** Width and height that the label says, so that the place is there before the picture is. */
function size(label: string): { width: number; height: number } | null {
  const found = /(\d+)×(\d+)$/.exec(label);
  return found ? { width: Number(found[1]), height: Number(found[2]) } : null;
}

function placeholder(item: OutputItem): HTMLElement {
  const node = h("div", { class: "hfj-output-coming hfj-muted" }, item.label);
  const known = size(item.label);
  if (known) {
    node.style.aspectRatio = `${known.width} / ${known.height}`;
    node.style.maxWidth = `${known.width}px`;
  }
  return node;
}

function picture(item: OutputItem, mime: string, text: string): HTMLElement {
  const data = mime === "image/svg+xml" ? base64(text) : text.replace(/\s/g, "");
  return h("img", {
    class: "hfj-output-image",
    alt: item.label,
    src: `data:${mime};base64,${data}`,
    ...(size(item.label) ?? {}),
  });
}

function base64(text: string): string {
  let binary = "";
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function frame(item: OutputItem, html: string, signal: AbortSignal): HTMLElement {
  const node = h("iframe", {
    class: "hfj-output-frame",
    // Ours may look into it for its height; without allow-scripts nothing in it can look out.
    sandbox: "allow-same-origin allow-popups allow-popups-to-escape-sandbox",
    title: item.label,
    referrerpolicy: "no-referrer",
    srcdoc: [
      `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
      `<base target="_blank"><style>${STYLE}</style><body>${html}`,
    ].join(""),
  });
  const fit = () => {
    const inner = node.contentDocument?.documentElement;
    const content = node.contentDocument?.body;
    if (!inner || !content || !node.isConnected) return;
    const card = node.closest<HTMLElement>(".hfj");
    if (card) {
      const { color, colorScheme } = getComputedStyle(card);
      inner.style.color = color;
      inner.style.colorScheme = colorScheme;
      node.style.colorScheme = colorScheme;
    }
    // Not the height of the whole document, which is never less than the frame's. A wide table has a scroll bar.
    const bar = inner.scrollWidth > inner.clientWidth ? SCROLL_BAR : 0;
    node.style.height = `${Math.min(MAX_FRAME, Math.ceil(content.getBoundingClientRect().height) + bar)}px`;
  };
  node.addEventListener("load", fit, { signal });
  // Its width changes with the card's, and it has none while its tab is hidden.
  const resize = new ResizeObserver(() => {
    if (node.isConnected) fit();
    else resize.disconnect();
  });
  resize.observe(node);
  onAbort(signal, () => resize.disconnect());
  return node;
}
