/** What is left out of libraries that hang all they can do on one object, where no bundler sees what is not used. */

/** Of uPlot, which draws lines over numbers only here: 18 kB of 52. Its text, and what stands in its place. */
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
  [/\bfunction initLegendRow\([\s\S]*?(?=\n\tlet mouseListeners|\n\tconst mouseListeners)/, ""],
  [/\bfunction syncLegend\([\s\S]*?(?=\n\tfunction setLegend\()/, ""],
  [/\bfunction setLegend\([\s\S]*?self\.setLegend = setLegend;/, ""],
  [/\bfunction setLegendValues\([\s\S]*?(?=\n\tfunction updateCursor\()/, ""],
  [/if \((?:shouldSetLegend|showCursor && shouldSetLegend|false && shouldSetLegend)\) \{[^}]*\}|\bsetLegend\(\);/g, ""],
  // A part of a chart that is chosen is looked at by us (chart_group.ts), and no cursor is held where it is.
  [/if \(drag\.setScale && hasSelect && chgSelect\) \{[\s\S]*?(?=\n\n\t\tif \(e != null\) \{\n\t\t\toffMouse)/, ""],
  [/\bmarkers\.\w+ +=.*/g, ""],
  [/const markers {4}= legend\.markers;/, ""],
  [/markers: \{[\s\S]*?\n\t\},(?=\n\tidx: null)/, ""],
  [/if \(legend\.live\) \{\s*const getMultiVals[\s\S]*?(?=\n\tconst son )/, ""],
  [/legend\.live && /g, "false && "],
  ["if (legend.live) {", "if (false) {"],
  ["shouldSetLegend = shouldSetLegend || yVal2 != yVal1 || idx2 != idx1;", ""],
  ["legendTable?.remove();", ""],
  [/\bs\.(value|label) +=.*/g, ""],
  // Ticks and names of axes, all but the steps of time, are ours (chart_options.ts).
  [/sc\.distr == 3 \? logAxisSplits : .* (?=numAxisSplits)/, ""],
  [/axis\.filter \|\| \( *sc\.distr[^)]*\)/, "axis.filter || retArg1"],
  ["av || numAxisVals", "av"],
  ["uPlot.fmtNum = fmtNum;", ""],
  // Names, ticks and borders of axes, and values that are written aslant.
  [/\/\/ axis label\n[\s\S]*?(?=if \(_space == 0\))/, ""],
  [/\baxis\.label != null \? axis\.labelSize : /, ""],
  [/if \(axis\.label != null\)\s*axis\._lpos = .*/, ""],
  [/\/\/ ticks\s*if \(ticks\.show\) \{[\s\S]*?(?=\/\/ grid)/, ""],
  [/if \(border\.show\) \{[\s\S]*?(?=\}\s*fire\("drawAxes"\))/, ""],
  [/if \(angle\) \{[\s\S]*?else\s*(?=ctx\.fillText\(text, x)/, ""],
  [/let angle = axis\._rotate .*/, ""],
  [/angle > 0 \? LEFT :\s*angle < 0 \? RIGHT :\s*/, ""],
  [/angle \|\|\s*(?=ori == 1 \? "middle")/, ""],
  [/axis\._rotate = side == 2 \? .*/, ""],
  [/axis\.rotate = fnOrSelf.*/, ""],
  [/axis\.labelFont = pxRatioFont.*/, ""],
  ["[axis.font, axis.labelFont]", "[axis.font]"],
  [/if \(opts\.title\) \{[\s\S]*?\n\t\}/, ""],
  // Charts that stand on their side.
  [/\bscaleX\.ori == 0\b/g, "true"],
  [/\bscaleX\.ori == 1\b/g, "false"],
  // An x of its own for each series.
  [/\bmode == 2\b/g, "false"],
  [/\bmode == 1\b/g, "true"],
  // Lines and bands that come and go: a plot with other lines is made anew.
  [/\bfunction addSeries\([\s\S]*?self\.addSeries = addSeries;/, ""],
  [/\bfunction delSeries\([\s\S]*?self\.delSeries = delSeries;/, ""],
  [/\bfunction addBand\([\s\S]*?self\.addBand = addBand;/, ""],
  ["self.delBand = delBand;", ""],
  [/\bfunction setBand\([\s\S]*?(?=\n\n)/, ""],
  ["self.setBand = setBand;", ""],
  // Its own way to move the cursors of other plots; a group of charts has another (chart_group.ts).
  ["if (syncKey != null) {", "if (false) {"],
  [/if \(src != null\) \{(?=\s*let \[xKey, yKey\] = syncOpts\.scales;)/, "if (false) {"],
  [/else \{\s*if \(_l < 0 \|\| _t < 0\) \{[\s\S]*?(?=if \(snap && )/, ""],
  // What plots tell each other of their cursors, for the same reason; and many changes in one, which no chart makes.
  [/(?:_pub && )?\bpubSync\(.*\);/g, ";"],
  [/\bfunction pubSync\([\s\S]*?(?=\n\tfunction pub\()/, ""],
  [/\bfunction pub\([\s\S]*?self\.pub = pub;/, ""],
  ["const sync = _sync(syncKey);", ""],
  ["sync.unsub(self);", ""],
  ["uPlot.sync = _sync;", ""],
  [/\bfunction batch\([\s\S]*?self\.batch = batch;/, ""],
  // A scale that goes through zero by arcsinh, and one of a function of its own.
  ["uPlot.rangeAsinh = rangeAsinh;", ""],
  [/\b(distr|sc\.distr|xScaleDistr) == (4|100)\b/g, "false"],
  // A cursor that takes the nearest line or point, or has one point for all lines or a point with a box of its own.
  [/\bconst cursorOnePt = .*/, ""],
  [/\bcursorOnePt\b/g, "false"],
  [/let _ptLft = -10;[\s\S]*?let _ptStroke = '';/, ""],
  [/\bconst cursorFocus = .*/, ""],
  [/\bcursorFocus\b/g, "false"],
  [/let prox = hov\.prox = [\s\S]*?(?=\n\n)/, ""],
  [/let _prox = prox[\s\S]*?(?=let xDim)/, ""],
  [/\bwithProx\b/g, "false"],
  [/\bbias == 0 \|\| bias == -?1\b/g, "true"],
  ["let cursorLft = cursor.left;", ""],
  [/,\s*getBBox = points\.bbox;/, ";"],
  ["if (getBBox != null) {", "if (false) {"],
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
