// A command that is not finished: the shell asks for the rest of it, and would take a run's line for that.

const ZSH_WORDS =
  "always|array|bquote|brace|braceparam|case|cmdand|cmdor|cmdsubst|cond|cursh|dquote|elif|elif-then|else|errpipe|for|foreach|function|heredocd?|if|math|mathsubst|pipe|quote|repeat|select|subsh|then|until|while";
/** PS2: `> ` in bash and POSIX shells, in zsh with the words that are open. fish draws nothing but an indentation. */
const CONTINUATION = new RegExp(`^(?:>|(?:(?:${ZSH_WORDS})(?: |(?=>)))+>) ?$`);

/** @param beforeCursor the cursor's line, up to the cursor */
export function isContinuation(beforeCursor: string): boolean {
  if (beforeCursor.trim() === "") return beforeCursor.length > 0;
  return CONTINUATION.test(beforeCursor);
}
