/** Python in colours: the lines of a script as pieces of text, each with what it is. */
import python from "@speed-highlight/core/languages/py.js";
import { type ShjLanguageData, type ShjToken, tokenizeWith } from "@speed-highlight/core/tokenize";

export interface Token {
  text: string;
  /** Undefined for what has no colour. */
  type: ShjToken | undefined;
}

/** The library's own types of it are inferred, and hold `undefined` where ours may only be missing. */
const PYTHON = python as ShjLanguageData;

/** Characters; a longer script stays without colours, so that the tab opens at once. */
const MAX_CHARS = 200_000;

export function syntaxLines(script: string): Token[][] {
  const lines: Token[][] = [[]];
  const add = (text: string, type?: ShjToken) => {
    for (const [i, part] of text.split("\n").entries()) {
      if (i > 0) lines.push([]);
      if (part !== "") lines.at(-1)?.push({ text: part, type });
    }
  };
  if (script.length > MAX_CHARS) add(script);
  else tokenizeWith(script, PYTHON, add, { languages: { py: PYTHON } });
  return lines;
}
