// What is drawn when another shell answers in the place of the one that was there.

/**
 * CAN, soft reset, main screen, whole scroll region, no mouse, focus or paste reports, plain keys: another program's output and
 * keys must not land in the old one's modes, nor on its last screen.
 */
export const NEW_SHELL = new TextEncoder().encode(
  "\u0018\u001b[!p\u001b[?1049l\u001b[r\u001b[0m\u001b[?9;1000;1002;1003;1004;1005;1006;1015;1016;2004l\u001b[=0u\u001b[>4m\u001b[999;1H\r\n",
);
