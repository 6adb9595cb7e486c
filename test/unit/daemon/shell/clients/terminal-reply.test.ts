// What a terminal sends by itself goes into the program only from the terminal that was asked, and takes nobody's lead.
import { describe, expect, it } from "vitest";
import { inputKind } from "../../../../../daemon/shell/clients/terminal-reply.js";
import { ShellRig } from "../../../../support/shell-rig.js";
import { createTestTerminal } from "../../../../support/test-terminal.js";

const kindOf = (text: string) => inputKind(new Uint8Array(Buffer.from(text, "latin1")));

const REPLIES = [
  "\x1b[?1;2c",
  "\x1b[?62;22c",
  "\x1b[>0;276;0c",
  "\x1bP!|00000000\x1b\\",
  "\x1b[0n",
  "\x1b[24;80R",
  "\x1b[1;1R",
  "\x1b[?24;80;1R",
  "\x1b[?997;1n",
  "\x1b[?2026;2$y",
  "\x1b[4;2$y",
  "\x1b[?1u",
  "\x1b[>4;2m",
  "\x1b[4;600;800t",
  "\x1b[48;24;80;600;800t",
  "\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
  "\x1b]10;rgb:ffff/ffff/ffff\x07",
  "\x1b]4;1;rgb:cccc/0000/0000\x07",
  "\x1b]lname\x1b\\",
  "\x1bP>|XTerm(390)\x1b\\",
  "\x1bP1$r0m\x1b\\",
  "\x1bP1+r544e=787465726d\x1b\\",
  "\x1b_Gi=31;OK\x1b\\",
  "\x1b[O",
  "\x1b[<35;10;5M",
  "\x1b[<51;10;5M",
  "\x1b[MC!!",
  "\x1b[I\x1b[?1;2c",
  "\x1b[?1;2c\x1b]11;rgb:0/0/0\x07\x1b[0n",
];

const TYPING = [
  "a",
  "\x03",
  "\x1b",
  "\x1bc",
  "\x1b[A",
  "\x1bOR",
  "\x1b[1;5A",
  "\x1b[1;2R",
  "\x1b[1;5R",
  "\x1b[15~",
  "\x1b[27;5;9~",
  "\x1b[97;5u",
  "\x1b[1;1:3A",
  "\x1b[Z",
  "\x1bP",
  "\x1b]",
  "\x1b_",
  "\x1b[200~\x1b[?1;2c\x1b[201~",
  "\x1b[?1;2ca",
  "a\x1b[?1;2c",
  "\x1b[<0;10;5M",
  "\x1b[<0;10;5m",
  "\x1b[<64;10;5M",
  "\x1b[<32;10;5M",
  "\x1b[M !!",
  "\x1b[?1;2",
  "\x1b]11;rgb:1e1e",
  `\x1b]52;c;${"A".repeat(70_000)}\x07`,
];

describe("what comes from a terminal", () => {
  it.each(REPLIES)("%j is sent by itself", (text) => expect(kindOf(text)).toBe("reply"));
  it.each(TYPING)("%j is typed", (text) => expect(kindOf(text)).toBe("typing"));
  it("tells that its person has chosen it", () => expect(kindOf("\x1b[I")).toBe("focus"));

  it.each([
    "\x1b[c",
    "\x1b[>c",
    "\x1b[5n",
    "\x1b[3;40H\x1b[6n",
    "\x1b[?6n",
    "\x1b[?25$p",
    "\x1b[4$p",
    "\x1bP$qm\x1b\\",
  ])("is recognised in the answer of xterm.js to %j", (question) => {
    const asked = createTestTerminal();
    const answers: string[] = [];
    asked.terminal.onData((answer) => answers.push(answer));
    asked.feed(question);
    expect(answers.map(kindOf)).toEqual(["reply"]);
  });
});

describe("the answer of a terminal", () => {
  const ANSWER = "\x1b]11;rgb:0000/0000/0000\x1b\\";

  async function twoClients() {
    const rig = ShellRig.live();
    const old = await rig.attach();
    const leader = await rig.attach();
    await rig.drawn();
    old.type("o");
    leader.type("l");
    const leads = () => rig.shell.info().attached?.map((client) => client.leads);
    const typed = () => rig.upstream.input.toString("latin1");
    expect(leads()).toEqual([false, true]);
    return { rig, old, leader, leads, typed };
  }

  it("goes in from the leader", async () => {
    const { leader, typed } = await twoClients();
    leader.type(ANSWER);
    expect(typed()).toBe(`ol${ANSWER}`);
  });

  it("goes in from who led a moment ago, who does not lead by that", async () => {
    const { rig, old, leads, typed } = await twoClients();
    await rig.clock.advance(1999);
    old.type(ANSWER);
    expect(typed()).toBe(`ol${ANSWER}`);
    expect(leads()).toEqual([false, true]);
  });

  it("is dropped when it comes later than that, and from who never led", async () => {
    const { rig, old, leads, typed } = await twoClients();
    await rig.clock.advance(2000);
    old.type(ANSWER);
    const ignorer = await rig.attach({ ignoreSize: true });
    ignorer.type(ANSWER);
    expect(typed()).toBe("ol");
    expect(leads()?.slice(0, 2)).toEqual([false, true]);
  });

  it("keeps its sender's turn in the order of typing: the one who typed last leads when the leader leaves", async () => {
    const rig = ShellRig.live();
    const [first, second, third] = [await rig.attach(), await rig.attach(), await rig.attach()];
    await rig.drawn();
    first.type("1");
    second.type("2");
    third.type("3");
    first.type(ANSWER);
    third.client.closed();
    expect(rig.shell.info().attached?.map((client) => client.leads)).toEqual([false, true]);
  });

  it("does not hold a click back, which takes the lead", async () => {
    const { rig, old, leads, typed } = await twoClients();
    await rig.clock.advance(5000);
    old.type("\x1b[<0;10;5M");
    expect(typed()).toBe("ol\x1b[<0;10;5M");
    expect(leads()).toEqual([true, false]);
  });

  it("tells the program of every terminal that is chosen, and of the leader's alone that it is left", async () => {
    const { rig, old, leader, leads, typed } = await twoClients();
    await rig.clock.advance(5000);
    leader.type("\x1b[O");
    old.type("\x1b[I");
    old.type("\x1b[O");
    expect(typed()).toBe("ol\x1b[O\x1b[I");
    expect(leads()).toEqual([false, true]);
  });
});
