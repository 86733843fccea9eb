/** The link to a job's page: an ordinary one on the Hub, one that the kernel makes at the click for a local job. */

import type { PageLinks } from "../kernel/page_links.ts";
import { safeUrl } from "./format.ts";

export interface LinkedJob {
  id: string | null;
  url: string | null;
  local: boolean;
}

/** Make `link` lead to the page of a job, or hide it; `title` says what it opens, and of which job. */
export function showJobLink(link: HTMLAnchorElement, { id, url, local }: LinkedJob, title: string): void {
  const href = safeUrl(url);
  link.hidden = href === null;
  if (href === null) {
    link.removeAttribute("href");
    return;
  }
  if (link.href !== href) link.href = href;
  link.dataset.job = local ? (id ?? "") : "";
  link.title = title;
  link.setAttribute("aria-label", title);
}

/** Have clicks on `link` open the pages of local jobs. */
export function openJobPages(link: HTMLAnchorElement, pages: PageLinks, signal: AbortSignal): void {
  const open = (event: MouseEvent) => {
    const { job } = link.dataset;
    if (event.button < 2 && job && pages.open(job)) event.preventDefault();
  };
  link.addEventListener("click", open, { signal });
  // The middle button opens links, too.
  link.addEventListener("auxclick", open, { signal });
}
