/** Light or dark, as the host looks now; written to the card as data-theme. */

import { onAbort } from "./timing.ts";

type Theme = "light" | "dark";

/** What hosts say in so many words: JupyterLab and Notebook 7, VS Code, marimo, Colab, Sphinx. */
function declaredTheme(): Theme | null {
  const { body, documentElement: html } = document;
  const jupyter = document.querySelector("[data-jp-theme-light]")?.getAttribute("data-jp-theme-light");
  if (jupyter === "true") return "light";
  if (jupyter === "false") return "dark";
  for (const element of [body, html]) {
    const { classList, dataset } = element;
    const named = dataset.vscodeThemeKind ?? dataset.theme ?? element.getAttribute("theme") ?? "";
    const has = (theme: Theme) => [theme, `${theme}-theme`, `vscode-${theme}`].some((name) => classList.contains(name));
    if (has("dark") || /dark$|^vscode-high-contrast$/.test(named)) return "dark";
    if (has("light") || /light$/.test(named)) return "light";
  }
  return null;
}

/** The brightness of the nearest background that is painted. */
function paintedTheme(start: Element): Theme | null {
  for (let element: Element | null = start; element; element = element.parentElement) {
    const [r, g, b, a = 1] =
      getComputedStyle(element)
        .backgroundColor.match(/[\d.]+/g)
        ?.map(Number) ?? [];
    if (r === undefined || g === undefined || b === undefined || a < 0.5) continue;
    return 0.299 * r + 0.587 * g + 0.114 * b < 128 ? "dark" : "light";
  }
  return null;
}

function current(card: HTMLElement): Theme {
  // An untouched page paints nothing; its color-scheme decides then, with the reader's preference where it allows both.
  const scheme = getComputedStyle(document.documentElement).colorScheme;
  const only = scheme === "dark" || scheme === "light" ? scheme : null;
  const preferred = matchMedia("(prefers-color-scheme: dark)").matches && scheme.includes("dark") ? "dark" : "light";
  return declaredTheme() ?? (card.parentElement && paintedTheme(card.parentElement)) ?? only ?? preferred;
}

/** Keep `card` in the host's theme until the signal; `onChange` is called after each change. */
export function followTheme(card: HTMLElement, signal: AbortSignal, onChange: () => void): void {
  const update = () => {
    const theme = current(card);
    if (card.dataset.theme === theme) return;
    card.dataset.theme = theme;
    onChange();
  };
  const observer = new MutationObserver(update);
  for (const element of [document.documentElement, document.body]) {
    observer.observe(element, {
      attributes: true,
      attributeFilter: [
        "class",
        "style",
        "theme",
        "data-theme",
        "data-jp-theme-light",
        "data-jp-theme-name",
        "data-vscode-theme-kind",
      ],
    });
  }
  const media = matchMedia("(prefers-color-scheme: dark)");
  media.addEventListener("change", update, { signal });
  // Contrast themes replace colours whatever the theme of the host is.
  matchMedia("(forced-colors: active)").addEventListener("change", onChange, { signal });
  // At this point the card is not in the page yet, and a background can only be seen from inside.
  const frame = requestAnimationFrame(update);
  onAbort(signal, () => {
    observer.disconnect();
    cancelAnimationFrame(frame);
  });
  update();
}
