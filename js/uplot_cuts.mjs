/**
 * What is left out of uPlot: it hangs all that it can draw on one object, where no bundler sees that we draw lines over
 * numbers only. 14 kB of 52.
 */

/** Its text, and what stands in its place; a new version that reads otherwise ends the build. */
const CUTS = [
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

/** Cut the source of uPlot. */
export function cut(source) {
  return CUTS.reduce((left, [text, instead]) => {
    const next = left.replace(text, instead);
    if (next === left) throw new Error(`uPlot has changed: it has no ${text}`);
    return next;
  }, source);
}
