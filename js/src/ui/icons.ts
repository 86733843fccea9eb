/** The pictures of the page: sixteen-pixel line icons, one path each. */

import { fill } from "./dom.ts";

const ICONS = {
  SCHEDULING: "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11zM8 5v3.2l2.2 1.3",
  RUNNING: "M8 2.5a5.5 5.5 0 1 1-5.5 5.5",
  COMPLETED: "M3 8.5l3.2 3.2L13 4.8",
  ERROR: "M4.2 4.2l7.6 7.6M11.8 4.2l-7.6 7.6",
  CANCELED: "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11zM4.2 11.8l7.6-7.6",
  DELETED: "M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.6 9h5.8l.6-9",
  alert: "M8 2.2L14.5 13.5h-13zM8 6.5v3.2M8 11.4v.2",
  chevron: "M6 4l4 4-4 4",
  external: "M9.5 2.5h4v4M13.3 2.7L7.5 8.5M11.5 9.5v4h-9v-9h4",
  down: "M8 2.5v10.5M3.5 8.8L8 13.2l4.5-4.4",
  up: "M8 13V2.8M3.5 7.2L8 2.8l4.5 4.4",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  close: "M4 4l8 8M12 4l-8 8",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 0 0 0-9zM10.3 10.3l3.2 3.2",
  rerun: "M13.2 8a5.2 5.2 0 1 1-1.6-3.7M13.4 2v3.2h-3.2",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  terminal: "M3 4l4 4-4 4M8.5 12H13",
  download: "M8 2v8M4.5 6.8L8 10.3l3.5-3.5M2.5 13.5h11",
  bell: "M4 11.5V7a4 4 0 0 1 8 0v4.5l1.3 1.2H2.7zM6.8 14.3h2.4",
  wrap: "M2.5 4h11M2.5 8h9a2 2 0 0 1 0 4H8.5M10 10.2L8.2 12l1.8 1.8M2.5 12h3",
  output: "M2.5 3.5h11v9h-11zM4.5 10.5l2.5-3.2l2 2.2l1.5-1.5l1.5 2.5",
} as const;

export type IconName = keyof typeof ICONS;

export function icon(name: IconName): SVGSVGElement {
  const svg = "http://www.w3.org/2000/svg";
  const path = fill(document.createElementNS(svg, "path"), { d: ICONS[name] }, []);
  return fill(
    document.createElementNS(svg, "svg"),
    { class: `hfj-icon hfj-icon-${name.toLowerCase()}`, viewBox: "0 0 16 16", "aria-hidden": "true" },
    [path],
  );
}
