/** What is left out of libraries that hang all they can do on one object, where no bundler sees what is not used. */

/** Of uPlot, which draws lines over numbers only here: 14 kB of 52. Its text, and what stands in its place. */
const UPLOT = [
  // Bars, steps and splines.
  ["(paths.stepped = stepped);", ""],
  ["(paths.bars    = bars);", ""],
  ["(paths.spline  = monotoneCubic);", ""],
  ["uPlot.join = join;", ""],
  ["uPlot.addGap = addGap;", ""],
  ["uPlot.clipGaps = clipGaps;", ""],
  // Axes of dates: time is counted from the start of the job.
  ["uPlot.fmtDate = fmtDate;", ""],
  ["uPlot.tzDate  = tzDate;", ""],
  ["const [ timeIncrsMs, _timeAxisStampsMs, timeAxisSplitsMs ] = genTimeStuffs(1);", ""],
  ["const [ timeIncrsS,  _timeAxisStampsS,  timeAxisSplitsS  ] = genTimeStuffs(1e-3);", ""],
  [/const _timeAxisSplits = .*/, ""],
  [/const _timeAxisVals {3}= .*/, ""],
  [/const _timeSeriesVal {2}= .*/, ""],
  [/const _tzDate {2}= .*/, ""],
  [/const _fmtDate = .*/, ""],
  [/isTime \? \(isStr\(sv\) \? .* : sv \|\| _timeSeriesVal\) : /, ""],
  ["(isTime ? (ms == 1 ? timeIncrsMs : timeIncrsS) : numIncrs)", "numIncrs"],
  ["isTime && sc.distr == 1 ? _timeAxisSplits : ", ""],
  [/isTime \? \(\s*\/\/ config array of fmtDate string tpls[\s\S]*?av \|\| _timeAxisVals\s*\) : /, ""],
  // A legend of its own.
  [/\bshowLegend\b(?! =)/g, "false"],
  // An x of its own for each series.
  [/\bmode == 2\b/g, "false"],
  [/\bmode == 1\b/g, "true"],
  // A scale that goes through zero by arcsinh, and one of a function of its own.
  ["uPlot.rangeAsinh = rangeAsinh;", ""],
  [/\b(distr|sc\.distr|xScaleDistr) == (4|100)\b/g, "false"],
];

/** Of anser, which turns one chunk at a time into classes here: its HTML, links and palette, 4 kB of 6. */
const ANSER = [
  [/\bstatic escapeForHtml[\s\S]*?(?=\n {4}constructor )/, ""],
  [/\bsetupPalette \(\) \{[\s\S]*?(?=\n {4}processChunkJson )/, ""],
  [/\bprocessChunk \([\s\S]*(?=\n {4}removeDecoration\()/, ""],
  [/const linkRegex = .*/, ""],
  [/color: "[\d, ]+", */g, ""],
  [/if \(!use_classes\) \{\s*if \(!this\.PALETTE_COLORS\)[\s\S]*?\} else \{(?=\s*let klass)/, "{"],
  [
    /if \(!use_classes\) \{\s*if \(is_foreground\) \{\s*self\.fg = color;[\s\S]*?\} else \{(?=\s*if \(is_foreground\) \{\s*self\.fg = "ansi-tr)/,
    "{",
  ],
];

/** What is cut of which file. */
export const CUTS = [
  [/uPlot\.esm\.js$/, UPLOT],
  [/anser[\\/]lib[\\/]index\.js$/, ANSER],
];

/** Cut the source of a library; a new version that reads otherwise ends the build. */
export function cut(source, cuts) {
  return cuts.reduce((left, [text, instead]) => {
    const next = left.replace(text, instead);
    if (next === left) throw new Error(`The library has changed: it has no ${text}`);
    return next;
  }, source);
}
